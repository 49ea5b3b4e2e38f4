/*
 * Writes the programs of the guarded-block suite as driver source, each with what the model says it
 * shows:  seh_generate [number of random programs]
 */
#include "seh_model.h"

#include <stdio.h>
#include <stdlib.h>

static void indent(int depth) { printf("%*s", depth * 4, ""); }

static void emit(const struct node *node, int depth);

static void emit_exit(const struct node *node, int depth) {
    static const char *const texts[EXIT_KINDS] = {[EXIT_NONE] = ";",
                                                  [EXIT_LEAVE] = "__leave;",
                                                  [EXIT_RETURN] = "return v + 500;",
                                                  [EXIT_BREAK] = "break;",
                                                  [EXIT_CONTINUE] = "continue;",
                                                  [EXIT_GOTO] = "goto out;",
                                                  [EXIT_FAULT] = "*bad = v;",
                                                  [EXIT_DIVIDE] = "v = v / zero;"};
    indent(depth);
    if (node->pass != 2) {
        printf("if (i == %d) ", node->pass);
    }
    if (node->exit == EXIT_RAISE) {
        printf("seh_raise(0xE0000000u + %d);\n", node->id);
    } else {
        printf("%s\n", texts[node->exit]);
    }
}

static void emit_guarded(const struct node *node, int depth) {
    indent(depth);
    puts("__try {");
    emit(node->parts[0], depth + 1);
    indent(depth);
    if (node->kind == NODE_EXCEPT) {
        printf("} __except (filter(%d, %d, GetExceptionCode(), v)) {\n", node->answer, node->id);
        indent(depth + 1);
        printf("change(&v, 1); show(\"h%d:%%x:%%d \", GetExceptionCode(), v);\n", node->id);
    } else {
        puts("} __finally {");
        indent(depth + 1);
        printf("change(&v, AbnormalTermination() != 0); "
               "show(\"a%d:%%d:%%d \", AbnormalTermination() != 0, v);\n",
               node->id);
    }
    emit(node->parts[1], depth + 1);
    indent(depth);
    puts("}");
}

static void emit(const struct node *node, int depth) {
    switch (node->kind) {
    case NODE_MARK:
        indent(depth);
        printf("v = v %% 1009 * 3 + %d; show(\"m%d:%%d \", v);\n", node->id % 7, node->id);
        break;
    case NODE_LIST:
        for (int i = 0; i < node->count; i++) {
            emit(node->parts[i], depth);
        }
        break;
    case NODE_EXCEPT:
    case NODE_FINALLY:
        emit_guarded(node, depth);
        break;
    case NODE_EXIT:
        emit_exit(node, depth);
        break;
    case NODE_CALL:
        indent(depth);
        printf("change(&v, program_%d()); show(\"c%d:%%d \", v);\n", node->callee, node->id);
        break;
    }
}

static void emit_program(const struct program *program) {
    printf("\nstatic int program_%d(void) {\n", program->number);
    puts("    int i, zero = 0, *bad = bad_address;");
    printf("    register int v = %d;\n", program->number);
    puts("    for (i = 0; i < 2; i++) {");
    emit(program->root, 2);
    puts("        show(\"l%d:%d \", i, v);");
    puts("    }");
    puts("    if (v < 0) goto out;");
    puts("    return v + zero;");
    puts("out:");
    puts("    return v + 1000 + (bad != bad_address);");
    puts("}");
}

int main(int argc, char **argv) {
    int count;
    struct program *programs = programs_all(&count, argc > 1 ? (unsigned)atoi(argv[1]) : 200);
    puts("#include \"seh_host.h\"");
    for (int i = 0; i < count; i++) {
        emit_program(&programs[i]);
    }
    puts("\nEXTERN const struct seh_case seh_cases[] = {");
    for (int i = 0; i < count; i++) {
        printf("    {program_%d, \"program_%d\", \"%s\"},\n", i, i, model_run(programs, i));
    }
    puts("};");
    printf("EXTERN const int seh_case_count = %d;\n", count);
    return 0;
}
