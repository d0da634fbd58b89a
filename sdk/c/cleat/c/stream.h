/* Streams between plugins, for what a call's one message each way is not enough: bytes both ways for as long as both
 * like, and open files. A method answers with an address; whoever called connects there. The same streams as those of
 * <cleat/sdk/streams.h>, which says more about them: the two ends need not be written in one language.
 *
 *   cleat_stream_offer offer;                                              whoever is called
 *   if (cleat_offer_stream(&offer, data_dir) == 0) … answer with offer.address, then, in cleat_blocking: …
 *     int stream = cleat_take_stream(&offer, 10000);
 *
 *   int stream = cleat_connect_stream(address, 10000);                     whoever calls, in cleat_blocking
 *
 * An address is good for one connection. All of them but the first block. What fails is -1, and errno says why. */
#ifndef CLEAT_C_STREAM_H
#define CLEAT_C_STREAM_H

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

enum { CLEAT_STREAM_SECRET = 32, CLEAT_STREAM_DESCRIPTORS = 16 };

typedef struct cleat_stream_offer {
  char address[CLEAT_STREAM_SECRET + 1 + sizeof(((struct sockaddr_un*)0)->sun_path)];
  int listening; /* -1: it has been taken, or ended */
} cleat_stream_offer;

static inline const char* cleat_stream_path_(const cleat_stream_offer* offer) {
  return offer->address + CLEAT_STREAM_SECRET + 1;
}

static inline int cleat_random_letters_(char* letters, size_t count) {
  unsigned char bytes[CLEAT_STREAM_SECRET / 2];
  size_t i;
  if (getrandom(bytes, count / 2, 0) != (ssize_t)(count / 2)) return -1;
  for (i = 0; i < count; ++i) letters[i] = "0123456789abcdef"[bytes[i / 2] >> (i % 2 ? 0 : 4) & 15];
  letters[count] = 0;
  return 0;
}

static inline int cleat_stream_socket_(const char* path, struct sockaddr_un* address) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  if (strlen(path) >= sizeof address->sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  strcpy(address->sun_path, path);
  return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

/* When nobody is to come any more. */
static inline void cleat_end_offer(cleat_stream_offer* offer) {
  if (offer->listening < 0) return;
  unlink(cleat_stream_path_(offer));
  close(offer->listening);
  offer->listening = -1;
}

/* `folder` is the plugin's own, cleat_data_dir(config). */
static inline int cleat_offer_stream(cleat_stream_offer* offer, const char* folder) {
  struct sockaddr_un address;
  char secret[CLEAT_STREAM_SECRET + 1], name[17];
  const size_t room = sizeof offer->address;
  offer->listening = -1;
  if (cleat_random_letters_(secret, CLEAT_STREAM_SECRET) != 0 || cleat_random_letters_(name, 16) != 0) return -1;
  if ((size_t)snprintf(offer->address, room, "%s@%s/%s", secret, folder, name) >= room) {
    errno = ENAMETOOLONG;
    return -1;
  }
  offer->listening = cleat_stream_socket_(cleat_stream_path_(offer), &address);
  if (offer->listening < 0) return -1;
  if (bind(offer->listening, (const struct sockaddr*)&address, sizeof address) == 0 && listen(offer->listening, 1) == 0)
    return 0;
  cleat_end_offer(offer);
  return -1;
}

static inline int cleat_wait_(int descriptor, int most_ms) {
  struct pollfd polled = {0, POLLIN, 0};
  int ready;
  polled.fd = descriptor;
  do ready = poll(&polled, 1, most_ms);
  while (ready < 0 && errno == EINTR);
  if (ready == 0) errno = ETIMEDOUT;
  return ready > 0 ? 0 : -1;
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
    if (sent < 0 && errno == EINTR) continue;
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
  memset(&message, 0, sizeof message);
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = &control;
  message.msg_controllen = sizeof control;
  do got = recvmsg(stream, &message, MSG_CMSG_CLOEXEC);
  while (got < 0 && errno == EINTR);
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

/* Waits for the connection, once. The stream is the caller's to close. */
static inline int cleat_take_stream(cleat_stream_offer* offer, int most_ms) {
  int stream;
  if (offer->listening < 0 || cleat_wait_(offer->listening, most_ms) != 0) return -1;
  stream = (int)syscall(SYS_accept4, offer->listening, NULL, NULL, SOCK_CLOEXEC);
  if (stream < 0) return -1;
  cleat_end_offer(offer);
  /* Whoever has connected sees by the secret who is here. */
  if (cleat_send_stream(stream, offer->address, CLEAT_STREAM_SECRET, NULL, 0) == 0) return stream;
  close(stream);
  return -1;
}

static inline int cleat_connect_stream(const char* address, int most_ms) {
  struct sockaddr_un to;
  char said[CLEAT_STREAM_SECRET];
  size_t got = 0;
  int stream;
  if (strlen(address) < CLEAT_STREAM_SECRET + 2 || address[CLEAT_STREAM_SECRET] != '@' ||
      address[CLEAT_STREAM_SECRET + 1] != '/') {
    errno = EINVAL;
    return -1;
  }
  stream = cleat_stream_socket_(address + CLEAT_STREAM_SECRET + 1, &to);
  if (stream < 0) return -1;
  if (connect(stream, (const struct sockaddr*)&to, sizeof to) != 0) goto failed;
  while (got < sizeof said) {
    ssize_t part;
    if (cleat_wait_(stream, most_ms) != 0) goto failed;
    part = recv(stream, said + got, sizeof said - got, 0);
    if (part == 0) errno = EPIPE;
    if (part <= 0) goto failed;
    got += (size_t)part;
  }
  if (memcmp(said, address, sizeof said) == 0) return stream;
  errno = EACCES; /* at the address is somebody else */
failed:
  close(stream);
  return -1;
}

#endif
