/*
 * Where spilled entries lie: one directory a process, below a home that processes share.
 *
 * Alive or dead: a directory's owner holds a lock (flock) on the file `lock` in it for as long as it lives. No descriptor is kept
 * for that, because programs close those they do not know: the file is mapped, the descriptor closed, and the mapping keeps the
 * lock until the process ends in whatever way or executes another program. A child does not inherit the mapping, so neither does
 * it keep its parent's directory alive nor take it for its own. Unlike a process number the lock also tells the truth across
 * containers and machines that share the disk. A directory whose lock can be had is dead, and whoever has it may remove it.
 *
 * Directories are 0700, files 0600: what a program computes is nobody else's business.
 */
#ifndef BLASE_REUSE_SPILL_PLACE_H
#define BLASE_REUSE_SPILL_PLACE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

struct spill_place {
    char path[PATH_MAX]; /* empty: none */
    void *lock;
    bool ours_alone; /* the home was our choice: it goes when it is empty */
};

/*
 * The home that a setting names: an absolute path is itself; "auto" is blase-spill-UID in $TMPDIR, /var/tmp or /tmp, the first
 * that is on a local disk. Nothing is made. False, with errno set (0: nothing suits "auto"), when there is none.
 */
bool spill_home(const char *setting, char out[PATH_MAX]);

/* Makes a directory for this process and locks it. False with errno set. */
bool spill_place_make(struct spill_place *place, const char *setting);

/* Removes the directory and all that is in it. */
void spill_place_remove(struct spill_place *place);

/* Removes what processes left that are no more; returns how many directories. */
int spill_reap(const char *setting);

/* Free bytes of the disk. False with errno set. */
bool spill_place_free(const char *path, uint64_t *bytes);

#endif
