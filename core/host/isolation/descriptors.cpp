#include "core/host/isolation/descriptors.h"

#include <sys/socket.h>

#include <cstring>

#include "core/base/check.h"

namespace cleat::host {

ssize_t sendWithDescriptors(int socket, const char* bytes, size_t size, std::span<const int> descriptors) {
  CHECK(!descriptors.empty() && descriptors.size() <= kMostDescriptorsSent, "there is room for so many");
  alignas(cmsghdr) char control[CMSG_SPACE(kMostDescriptorsSent * sizeof(int))] = {};
  iovec part{const_cast<char*>(bytes), size};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
  cmsghdr* with = CMSG_FIRSTHDR(&message);
  with->cmsg_level = SOL_SOCKET;
  with->cmsg_type = SCM_RIGHTS;
  with->cmsg_len = CMSG_LEN(descriptors.size_bytes());
  std::memcpy(CMSG_DATA(with), descriptors.data(), descriptors.size_bytes());
  return sendmsg(socket, &message, MSG_NOSIGNAL);
}

bool isStreamEnd(int descriptor) {
  auto option = [descriptor](int name) {
    int value = -1;
    socklen_t size = sizeof value;
    return getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
  };
  sockaddr_storage peer{};
  socklen_t size = sizeof peer;
  return option(SO_DOMAIN) == AF_UNIX && option(SO_TYPE) == SOCK_STREAM &&
         getpeername(descriptor, reinterpret_cast<sockaddr*>(&peer), &size) == 0;
}

}  // namespace cleat::host
