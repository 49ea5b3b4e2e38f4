#!/bin/sh
# What --project lists and refuses: project.sh wdmsim-cc directory-of-the-sample work-directory
set -u
launcher=$1 sample=$2 work=$3
rm -rf "$work"
mkdir -p "$work/inc"
cd "$work" || exit 2
echo 'int x;' >a.c
failed=0

complain() {
    echo "$1"
    failed=1
}

# lists NAME PATTERN... : the listing of that project has each of the lines
lists() {
    project=$1
    shift
    "$launcher" --project "$project" >list 2>log || complain "$project is refused: $(cat log)"
    for pattern; do
        grep -qE -- "$pattern" list || complain "$project: no line $pattern in: $(cat list)"
    done
}

# refuses NAME TEXT: with a message that has the text, file and line first
refuses() {
    if "$launcher" --project "$1" >list 2>log || ! grep -qF -- "$1:$2" log; then
        complain "$1 is not refused with $1:$2 but: $(cat log)"
    fi
}

project() {
    printf '<Project>\n%s\n</Project>\n' "$2" >"$1"
}

lists "$sample/sample.vcxproj" '^source .*/main\.c$' '^source .*/other\.c$' '^define NUMBER=40$' \
    '^define MORE=2$' '^define FROM_OPTIONS=1$' '^define ENABLE_WPP_RECORDER=1$' '^include .*/inc$' \
    '^trace FUNC SampleTrace\(LEVEL,FLAGS,MSG,\.\.\.\);$' '^header sampleEvents\.h .*/sample\.man$'
grep -q 'wd4996\|WRONG\|absent' list && complain "lists what it must not: $(cat list)"
lists "$sample/sources" '^source .*/main\.c$' '^source .*/other\.c$' '^define NUMBER=40$' \
    '^define MORE=2$' '^include .*/inc$' '^trace FUNC SampleTrace'
grep -q 'WRONG\|sample.rc' list && complain "lists what it must not: $(cat list)"

project ok.vcxproj '<ItemGroup><ClCompile Include="a.c"/></ItemGroup>'
lists ok.vcxproj '^source .*/a\.c$'
printf '<Project>\n<ItemGroup>\n' >open.vcxproj
refuses open.vcxproj '3: error: <ItemGroup> of line 2 is not closed'
project missing.vcxproj '<ItemGroup><ClCompile Include="b.c"/></ItemGroup>'
refuses missing.vcxproj "2: error: source file 'b.c' does not exist"
project wild.vcxproj '<ItemGroup><ClCompile Include="*.c"/></ItemGroup>'
refuses wild.vcxproj "2: error: '*.c' is no file name"
project none.vcxproj '<ItemGroup/>'
refuses none.vcxproj '1: error: no C or C++ source file'
project condition.vcxproj "<PropertyGroup Condition=\"'a' = 'a'\"/><ItemGroup><ClCompile Include='a.c'/></ItemGroup>"
refuses condition.vcxproj '2: error: in a Condition'
project entity.vcxproj '<ItemGroup><ClCompile Include="&nobody;"/></ItemGroup>'
refuses entity.vcxproj "2: error: unknown entity '&nobody;'"
printf '<Wrong/>\n' >wrong.vcxproj
refuses wrong.vcxproj '1: error: <Wrong> is no Visual Studio project'
printf 'SOURCES=a.c\n!if 1\n' >sources
refuses sources '2: error: !if without its !endif'
printf 'SOURCES=a.c\n!endif\n' >sources
refuses sources '2: error: !endif without its !if'
printf '\n!error "no"\nSOURCES=a.c\n' >sources
refuses sources '2: error: !error'

# A manifest that is wrong is refused with its line, and a message file goes through windmc.
cat >b.man <<END
<instrumentationManifest><instrumentation><events>
<provider guid="{01020304-0506-0708-090a-0b0c0d0e0f10}" name="p">
<events><event value="1" symbol="e" level="nobody"/></events>
</provider></events></instrumentation></instrumentationManifest>
END
echo '#include "b.h"' >b.c
if "$launcher" cc -c b.c -o b.o >log 2>&1 || ! grep -q "b.man:3: error: level 'nobody'" log; then
    complain "a wrong manifest is not refused: $(cat log)"
fi
if command -v x86_64-w64-mingw32-windmc >/dev/null; then
    printf 'MessageIdTypedef=int\nSeverityNames=(Error=0x3)\nLanguageNames=(English=0x409:MSG00409)\n\n' >m.mc
    printf 'MessageId=5 Severity=Error SymbolicName=M_FIVE\nLanguage=English\nFive\n.\n' >>m.mc
    printf '#include "M.h"\nint five[(M_FIVE & 0xffff) == 5 ? 1 : -1];\n' >c.c
    "$launcher" cc -c c.c -o c.o >log 2>&1 || complain "a message file has no header: $(cat log)"
fi
exit $failed
