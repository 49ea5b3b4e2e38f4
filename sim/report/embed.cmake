# Makes a C file of the report page's files: cmake -D DIR=sim/report -D OUT=page.c -P embed.cmake
#
# Each file becomes an array of bytes with a zero behind them: page_html, page_css, page_js.
set(source "/* Made from page.html, page.css and page.js by embed.cmake. */\n")
foreach(part html css js)
    file(READ ${DIR}/page.${part} bytes HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
    string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)"
           "\\1\n" bytes "${bytes}")
    string(APPEND source "extern const char page_${part}[];\nconst char page_${part}[] = {\n${bytes}0};\n")
endforeach()
file(WRITE ${OUT} "${source}")
