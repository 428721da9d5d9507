// A disk on which there is room for so many bytes more. It stands before the calls by which PostgreSQL lets a file grow, and
// takes what they want from a number that the test writes into a file. When nothing is left they are told what a full disk
// tells; of a last write only what fits is done. What does not let a file grow is done as ever.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static _Atomic long *room;

__attribute__((constructor)) static void find(void) {
	const char *path = getenv("BESIDE_KILL_ROOM");
	int fd = path ? open(path, O_RDWR) : -1;
	if (fd < 0)
		abort();
	void *at = mmap(NULL, sizeof *room, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED)
		abort();
	room = at;
	close(fd);
}

// taken is how many of n bytes there is room for.
static long taken(int fd, off_t at, long n) {
	struct stat s;
	if (fstat(fd, &s) != 0 || !S_ISREG(s.st_mode) || at + n <= s.st_size)
		return n;
	long grows = at + n - (at > s.st_size ? at : s.st_size), left = atomic_load(room), take;
	do
		take = left < grows ? left : grows;
	while (!atomic_compare_exchange_weak(room, &left, left - take));
	return n - grows + take;
}

ssize_t pwrite(int fd, const void *from, size_t n, off_t at) {
	static ssize_t (*below)(int, const void *, size_t, off_t);
	if (!below)
		below = dlsym(RTLD_NEXT, "pwrite");
	long fits = taken(fd, at, n);
	if (fits == 0 && n > 0) {
		errno = ENOSPC;
		return -1;
	}
	return below(fd, from, fits, at);
}

ssize_t pwritev(int fd, const struct iovec *from, int pieces, off_t at) {
	static ssize_t (*below)(int, const struct iovec *, int, off_t);
	if (!below)
		below = dlsym(RTLD_NEXT, "pwritev");
	long n = 0;
	for (int i = 0; i < pieces; i++)
		n += from[i].iov_len;
	if (taken(fd, at, n) < n) {
		errno = ENOSPC;
		return -1;
	}
	return below(fd, from, pieces, at);
}

int posix_fallocate(int fd, off_t at, off_t n) {
	static int (*below)(int, off_t, off_t);
	if (!below)
		below = dlsym(RTLD_NEXT, "posix_fallocate");
	return taken(fd, at, n) < n ? ENOSPC : below(fd, at, n);
}
