/* Streams: calls that are more than a message each way. Whoever makes one has an end of a socket and whoever is called
 * the other: bytes both ways for as long as the call lasts, and open files. The same streams as those of
 * <cleat/sdk/streams.h>, which says more about them: the two ends need not be written in one language.
 *
 *   int stream = cleat_open_stream(self, &question->waiter, acme_PriceList_id, acme_PriceList_haggle, 0, &params);
 *                                                     whoever calls; the waiter is told when the call has ended
 *   int stream = cleat_stream_of(event);              whoever is called, when the event comes
 *
 * Both are the plugin's to close. What sends and receives blocks, and belongs into cleat_blocking. When the call has
 * ended (whoever calls gets the answer, whoever is called has answered or gets CLEAT_EVENT_CANCEL), cleat_end_stream
 * wakes whoever still waits there; what had come before can still be received. What fails is -1, and errno says why. */
#ifndef CLEAT_C_STREAM_H
#define CLEAT_C_STREAM_H

#include <cleat/c/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CLEAT_STREAM_DESCRIPTORS = 16 };

/* `deadline_ns` is on the host's clock; 0: in 30 s. Where it fails no call is made, and nobody is told. */
static inline int cleat_open_stream(cleat_self self, const cleat_waiter* waiter, uint64_t interface_id, uint32_t method,
                                    int64_t deadline_ns, const cleat_builder* params) {
  cleat_payload payload = {{NULL, 0}, NULL, 0};
  int stream;
  errno = ENOSYS; /* the host is older than the plugin */
  if (self.host->struct_size < offsetof(cleat_host, call_with_stream) + sizeof self.host->call_with_stream) return -1;
  if (params) payload.message = cleat_message(params);
  stream = self.host->call_with_stream(self.context, cleat_token(waiter), interface_id, method, deadline_ns, &payload);
  if (stream < 0) errno = EMFILE;
  return stream;
}

/* The called one's end of a CLEAT_EVENT_CALL's stream; -1 also where the call was made without one. */
static inline int cleat_stream_of(const cleat_event* event) {
  errno = ENOTCONN;
  if (event->struct_size < offsetof(cleat_event, stream) + sizeof event->stream || event->stream <= 0) return -1;
#ifdef F_DUPFD_CLOEXEC
  return fcntl(event->stream, F_DUPFD_CLOEXEC, 3);
#else
  return dup(event->stream);
#endif
}

/* Nothing is sent from here any more; receiving goes on. */
static inline void cleat_finish_stream(int stream) { shutdown(stream, SHUT_WR); }

/* Whoever sends or receives here is woken. The descriptor stays the plugin's. */
static inline void cleat_end_stream(int stream) { shutdown(stream, SHUT_RDWR); }

/* Whoever shares the socket may have told it not to block. */
static inline int cleat_later_(int stream, short events) {
  struct pollfd polled;
  if (errno != EAGAIN && errno != EINTR) return 0;
  polled.fd = stream;
  polled.events = events;
  return poll(&polled, 1, -1) >= 0 || errno == EINTR;
}

/* All of the bytes. The descriptors, sixteen at most, go with the first of them, and stay the sender's as well. */
static inline int cleat_send_stream(int stream, const void* bytes, size_t size, const int* descriptors, size_t count) {
  union {
    struct cmsghdr head;
    char room[CMSG_SPACE(sizeof(int) * CLEAT_STREAM_DESCRIPTORS)];
  } control;
  const char* left = (const char*)bytes;
  if (count > CLEAT_STREAM_DESCRIPTORS || (size == 0 && count > 0)) {
    errno = EINVAL;
    return -1;
  }
  while (size > 0) {
    struct iovec part;
    struct msghdr message;
    ssize_t sent;
    part.iov_base = (void*)left;
    part.iov_len = size;
    memset(&message, 0, sizeof message);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (count > 0) {
      memset(&control, 0, sizeof control);
      message.msg_control = &control;
      message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
      control.head.cmsg_level = SOL_SOCKET;
      control.head.cmsg_type = SCM_RIGHTS;
      control.head.cmsg_len = CMSG_LEN(sizeof(int) * count);
      memcpy(CMSG_DATA(&control.head), descriptors, sizeof(int) * count);
    }
    sent = sendmsg(stream, &message, MSG_NOSIGNAL);
    if (sent < 0 && cleat_later_(stream, POLLOUT)) continue;
    if (sent < 0) return -1;
    left += sent;
    size -= (size_t)sent;
    count = 0;
  }
  return 0;
}

/* What has come, once something has: how many bytes; 0 is the end. `descriptors` has room for sixteen, or is null: then
 * any that come are closed. */
static inline ssize_t cleat_receive_stream(int stream, void* bytes, size_t most, int* descriptors, size_t* count) {
  union {
    struct cmsghdr head;
    char room[CMSG_SPACE(sizeof(int) * CLEAT_STREAM_DESCRIPTORS)];
  } control;
  struct iovec part;
  struct msghdr message;
  struct cmsghdr* one;
  ssize_t got;
  size_t taken = 0, i;
  part.iov_base = bytes;
  part.iov_len = most;
  do {
    memset(&message, 0, sizeof message);
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    got = recvmsg(stream, &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && cleat_later_(stream, POLLIN));
  for (one = got < 0 ? NULL : CMSG_FIRSTHDR(&message); one; one = CMSG_NXTHDR(&message, one)) {
    if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_RIGHTS) continue;
    for (i = 0; i < (one->cmsg_len - CMSG_LEN(0)) / sizeof(int); ++i) {
      int descriptor;
      memcpy(&descriptor, CMSG_DATA(one) + i * sizeof descriptor, sizeof descriptor);
      if (descriptors && taken < CLEAT_STREAM_DESCRIPTORS) {
        descriptors[taken++] = descriptor;
      } else {
        close(descriptor);
      }
    }
  }
  if (count) *count = taken;
  return got;
}

#endif
