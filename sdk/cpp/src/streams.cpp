#include <cleat/sdk/streams.h>

#include <cleat/sdk/text.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace cleat {
namespace {

constexpr size_t kSecretLetters = 32;
constexpr size_t kMostDescriptors = 16;

std::string randomLetters(size_t count) {
  std::string bytes(count / 2, '\0'), letters;
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) return letters;
  for (char byte : bytes) {
    letters += "0123456789abcdef"[static_cast<unsigned char>(byte) >> 4];
    letters += "0123456789abcdef"[byte & 15];
  }
  return letters;
}

Result<sockaddr_un> addressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return fail(Status::internal(concat("the path ", path, " is too long for a socket: use a shorter data folder")));
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

Result<void> waitFor(const Fd& fd, Duration most, std::string_view what) {
  pollfd polled{fd.get(), POLLIN, 0};
  const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(most).count();
  int ready;
  do {
    ready = poll(&polled, 1, static_cast<int>(limit));
  } while (ready < 0 && errno == EINTR);
  if (ready > 0) return {};
  if (ready < 0) return fail(systemError(str(what), errno));
  return fail(Status::timeout(concat(what, ": nobody came in time")));
}

}  // namespace

Result<std::shared_ptr<StreamOffer>> StreamOffer::make(const std::string& folder) {
  std::shared_ptr<StreamOffer> offer(new StreamOffer());
  const std::string name = randomLetters(16);
  offer->secret_ = randomLetters(kSecretLetters);
  if (name.empty() || offer->secret_.empty()) return fail(systemError("cannot offer a stream", errno));
  const std::string path = concat(folder, "/", name);
  CLEAT_TRY(const sockaddr_un address, addressOf(path));
  offer->listening_ = Fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!offer->listening_ ||
      bind(offer->listening_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return fail(systemError("cannot offer a stream at " + path, errno));
  }
  offer->path_ = path;
  if (listen(offer->listening_.get(), 1) != 0) return fail(systemError("cannot offer a stream at " + path, errno));
  offer->address_ = concat(offer->secret_, "@", path);
  return offer;
}

StreamOffer::~StreamOffer() {
  if (!path_.empty()) unlink(path_.c_str());
}

Result<Fd> StreamOffer::take(Duration most) {
  CLEAT_TRY(waitFor(listening_, most, "a stream was offered"));
  Fd stream(accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!stream) return fail(systemError("cannot take a stream", errno));
  unlink(path_.c_str());
  path_.clear();
  listening_.reset();
  CLEAT_TRY(sendStream(stream, secret_));
  return stream;
}

Result<Fd> connectStream(const std::string& address, Duration most) {
  const size_t at = address.find('@');
  if (at != kSecretLetters || address.size() < at + 2 || address[at + 1] != '/') {
    return fail(Status::badRequest("what was given is no address of a stream"));
  }
  CLEAT_TRY(const sockaddr_un to, addressOf(address.substr(at + 1)));
  Fd stream(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!stream || connect(stream.get(), reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    return fail(systemError("cannot connect to the stream", errno));
  }
  std::string said;
  while (said.size() < kSecretLetters) {
    CLEAT_TRY(waitFor(stream, most, "a stream was connected to"));
    char letters[kSecretLetters];
    const ssize_t got = recv(stream.get(), letters, kSecretLetters - said.size(), 0);
    if (got <= 0) return fail(Status::unavailable("the stream ended before it began"));
    said.append(letters, static_cast<size_t>(got));
  }
  if (std::string_view(address).substr(0, at) != said) {
    return fail(Status::forbidden("at the stream's address is somebody else"));
  }
  return stream;
}

Result<void> sendStream(const Fd& stream, std::string_view bytes, std::span<const int> descriptors) {
  if (descriptors.size() > kMostDescriptors || (bytes.empty() && !descriptors.empty())) {
    return fail(Status::badRequest("at most 16 descriptors go along with some bytes"));
  }
  while (!bytes.empty()) {
    iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMostDescriptors)] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (!descriptors.empty()) {
      message.msg_control = control;
      message.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
      cmsghdr* rights = CMSG_FIRSTHDR(&message);
      rights->cmsg_level = SOL_SOCKET;
      rights->cmsg_type = SCM_RIGHTS;
      rights->cmsg_len = CMSG_LEN(descriptors.size_bytes());
      std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size_bytes());
    }
    const ssize_t sent = sendmsg(stream.get(), &message, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return fail(systemError("cannot send on the stream", errno));
    bytes.remove_prefix(static_cast<size_t>(sent));
    descriptors = {};
  }
  return {};
}

Result<StreamPart> receiveStream(const Fd& stream, size_t most) {
  StreamPart received;
  received.bytes.resize(most);
  iovec part{received.bytes.data(), received.bytes.size()};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * kMostDescriptors)];
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t got;
  do {
    got = recvmsg(stream.get(), &message, MSG_CMSG_CLOEXEC);
  } while (got < 0 && errno == EINTR);
  if (got < 0) return fail(systemError("cannot receive from the stream", errno));
  received.bytes.resize(static_cast<size_t>(got));
  for (cmsghdr* one = CMSG_FIRSTHDR(&message); one != nullptr; one = CMSG_NXTHDR(&message, one)) {
    if (one->cmsg_level != SOL_SOCKET || one->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (one->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; ++i) {
      int fd;
      std::memcpy(&fd, CMSG_DATA(one) + i * sizeof(int), sizeof fd);
      received.descriptors.emplace_back(fd);
    }
  }
  return received;
}

}  // namespace cleat
