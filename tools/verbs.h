/* The verbs of the command, one file each. argv[0] is "blase VERB", for messages; the result is the exit status. */
#ifndef BLASE_TOOLS_VERBS_H
#define BLASE_TOOLS_VERBS_H

#ifndef BLASE_VERSION
#define BLASE_VERSION "0.1.0"
#endif

enum {
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,            /* unknown verb, flag, or value */
    EXIT_CANNOT = 125,         /* blase itself could not run the program, */
    EXIT_NOT_EXECUTABLE = 126, /* nor could the system, */
    EXIT_NOT_FOUND = 127       /* or find it */
};

int verb_run(int argc, char **argv);
int verb_show(int argc, char **argv);
int verb_items(int argc, char **argv);
int verb_estimate(int argc, char **argv);
int verb_replay(int argc, char **argv);
int verb_diff(int argc, char **argv);
int verb_why_miss(int argc, char **argv);
int verb_nan(int argc, char **argv);

#endif
