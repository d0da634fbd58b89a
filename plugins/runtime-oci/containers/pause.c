/* The process that holds a pod's namespaces for the pod's whole life.
 *
 *   cleat-pause FLAGS SANDBOX HOSTNAME PIDFILE [UIDMAP GIDMAP]
 *   cleat-pause
 *
 * Without arguments it only waits, as process 1 of a container: an image of it is what others call "pause".
 * Makes the namespaces that FLAGS (decimal, CLONE_NEW…) name, sets the hostname and brings up the loopback
 * interface where those are new, starts itself once more inside, writes that process's id into PIDFILE, and exits 0.
 * With UIDMAP and GIDMAP (as /proc/PID/uid_map takes them) all that is in a user namespace with those ids, and the
 * process is its root.
 * What stays behind waits for SIGTERM and reaps orphans, which it gets when it is process 1 of a shared process
 * namespace. SANDBOX is not used: it is there to be seen in /proc/PID/cmdline, by which the process is recognised
 * after everyone who started it has gone.
 *
 * It links no C library, so that a pod costs a few pages: system calls are made here, and what GNU C may call
 * implicitly (memset and the like) is avoided. Exit codes name the step that failed; stderr has the errno.
 */
#define _GNU_SOURCE
#include <asm/unistd.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#if defined(__x86_64__)
static long call(long number, long a, long b, long c, long d, long e) {
  long result;
  register long r10 __asm__("r10") = d;
  register long r8 __asm__("r8") = e;
  __asm__ volatile("syscall"
                   : "=a"(result)
                   : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                   : "rcx", "r11", "memory");
  return result;
}
__asm__(".globl _start\n_start:\n  xor %ebp, %ebp\n  mov %rsp, %rdi\n  and $-16, %rsp\n  call begin\n");
#elif defined(__aarch64__)
static long call(long number, long a, long b, long c, long d, long e) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  register long x3 __asm__("x3") = d;
  register long x4 __asm__("x4") = e;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
  return x0;
}
__asm__(".globl _start\n_start:\n  mov x29, #0\n  mov x30, #0\n  mov x0, sp\n  bl begin\n");
#else
#error "pause.c knows the system calls of x86-64 and aarch64 only"
#endif

#define SIGNAL_BYTES 8 /* of the kernel's sigset_t */

static unsigned long length(const char* text) {
  unsigned long n = 0;
  while (text[n] != 0) ++n;
  return n;
}

static unsigned long number(const char* text) {
  unsigned long n = 0;
  while (*text >= '0' && *text <= '9') n = n * 10 + (unsigned long)(*text++ - '0');
  return n;
}

static char* decimal(unsigned long n, char* end) {
  do {
    *--end = (char)('0' + n % 10);
    n /= 10;
  } while (n != 0);
  return end;
}

static void leave(int code) {
  for (;;) call(__NR_exit_group, code, 0, 0, 0, 0);
}

/* Exits with the step's number after writing the errno to stderr, if `result` is an error. */
static long must(int step, long result) {
  if (result >= 0) return result;
  char digits[24];
  char* start = decimal((unsigned long)-result, digits + sizeof digits);
  call(__NR_write, 2, (long)start, digits + sizeof digits - start, 0, 0);
  leave(step);
  return 0;
}

static void raiseLoopback(void) {
  struct ifreq request;
  volatile char* byte = (volatile char*)&request;
  for (unsigned long i = 0; i < sizeof request; ++i) byte[i] = 0;
  request.ifr_name[0] = 'l';
  request.ifr_name[1] = 'o';
  request.ifr_flags = IFF_UP;
  long fd = must(4, call(__NR_socket, AF_INET, SOCK_DGRAM, 0, 0, 0));
  must(4, call(__NR_ioctl, fd, SIOCSIFFLAGS, (long)&request, 0, 0));
  call(__NR_close, fd, 0, 0, 0, 0);
}

/* Signals are blocked and taken one by one: for process 1 of a namespace that is also the only way to get those
 * whose default action would end it. */
static void waitForTheEnd(void) {
  unsigned long wanted = (1ul << (SIGTERM - 1)) | (1ul << (SIGINT - 1)) | (1ul << (SIGCHLD - 1));
  for (;;) {
    long signal = call(__NR_rt_sigtimedwait, (long)&wanted, 0, 0, SIGNAL_BYTES, 0);
    if (signal == SIGTERM || signal == SIGINT) leave(0);
    while (call(__NR_wait4, -1, 0, WNOHANG, 0, 0) > 0) {
    }
  }
}

static volatile char* append(volatile char* to, const char* text) {
  while (*text != 0) *to++ = *text++;
  *to = 0;
  return to;
}

static void writeMap(long pid, const char* name, const char* map) {
  char digits[24], path[64];
  digits[sizeof digits - 1] = 0;
  append(append(append(path, "/proc/"), decimal((unsigned long)pid, digits + sizeof digits - 1)), name);
  long file = must(12, call(__NR_openat, AT_FDCWD, (long)path, O_WRONLY, 0, 0));
  must(13, call(__NR_write, file, (long)map, (long)length(map), 0, 0));
  call(__NR_close, file, 0, 0, 0, 0);
}

/* The ids are written by a child that stays outside: only there are they known. */
static void enterUserNamespace(const char* uids, const char* gids) {
  int ends[2], status = 0;
  char byte = 0;
  must(10, call(__NR_pipe2, (long)ends, O_CLOEXEC, 0, 0, 0));
  long self = call(__NR_getpid, 0, 0, 0, 0, 0);
  long child = must(11, call(__NR_clone, SIGCHLD, 0, 0, 0, 0));
  if (child == 0) {
    call(__NR_close, ends[1], 0, 0, 0, 0);
    if (call(__NR_read, ends[0], (long)&byte, 1, 0, 0) != 1) leave(1);
    writeMap(self, "/uid_map", uids);
    writeMap(self, "/gid_map", gids);
    leave(0);
  }
  call(__NR_close, ends[0], 0, 0, 0, 0);
  must(14, call(__NR_unshare, CLONE_NEWUSER, 0, 0, 0, 0));
  must(15, call(__NR_write, ends[1], (long)&byte, 1, 0, 0));
  call(__NR_close, ends[1], 0, 0, 0, 0);
  must(16, call(__NR_wait4, child, (long)&status, 0, 0, 0));
  if (status != 0) leave(17);
  must(18, call(__NR_setgroups, 0, 0, 0, 0, 0));
  must(19, call(__NR_setresgid, 0, 0, 0, 0, 0));
  must(20, call(__NR_setresuid, 0, 0, 0, 0, 0));
}

static void blockSignals(void) {
  unsigned long all = ~0ul;
  must(6, call(__NR_rt_sigprocmask, SIG_BLOCK, (long)&all, 0, SIGNAL_BYTES, 0));
}

__attribute__((used, noreturn)) static void begin(long* stack) {
  char** arguments = (char**)(stack + 1);
  if (stack[0] == 1) {
    blockSignals();
    waitForTheEnd();
  }
  if (stack[0] != 5 && stack[0] != 7) leave(2);
  unsigned long flags = number(arguments[1]);
  const char* hostname = arguments[3];

  /* As who we are now: root of a user namespace may not be let into that folder. */
  long file = must(7, call(__NR_openat, AT_FDCWD, (long)arguments[4], O_WRONLY | O_CREAT | O_TRUNC, 0600, 0));
  if (stack[0] == 7) enterUserNamespace(arguments[5], arguments[6]);
  must(3, call(__NR_unshare, (long)flags, 0, 0, 0, 0));
  if (flags & CLONE_NEWNET) raiseLoopback();
  if ((flags & CLONE_NEWUTS) && hostname[0] != 0)
    must(5, call(__NR_sethostname, (long)hostname, (long)length(hostname), 0, 0, 0));

  blockSignals();
  long child = must(8, call(__NR_clone, SIGCHLD, 0, 0, 0, 0));
  if (child == 0) {
    call(__NR_setsid, 0, 0, 0, 0, 0);
    call(__NR_chdir, (long)"/", 0, 0, 0, 0);
    for (int fd = 0; fd <= file; ++fd) call(__NR_close, fd, 0, 0, 0, 0);
    waitForTheEnd();
  }
  char digits[24];
  char* start = decimal((unsigned long)child, digits + sizeof digits);
  must(9, call(__NR_write, file, (long)start, digits + sizeof digits - start, 0, 0));
  leave(0);
  __builtin_unreachable();
}
