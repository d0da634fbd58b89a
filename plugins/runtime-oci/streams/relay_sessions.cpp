#include "streams/frame_connection.h"
#include "streams/stream_sessions.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <memory>

namespace cleat::runtime {
namespace {

// conmon's attach socket: packets, each with one byte in front that says which stream it is of. What is sent to it is
// the container's standard input.
constexpr char kAttachStdout = 2, kAttachStderr = 3;
constexpr size_t kAttachPacket = 32768;
constexpr size_t kAttachInputPiece = 8192;

Result<Fd> connectToConmon(const std::string& containerFolder) {
  Fd folder(open(containerFolder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!folder) return fail(systemError("cannot open " + containerFolder, errno));
  // Through /proc, because the address of a socket holds 107 bytes only.
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::string path = "/proc/self/fd/" + std::to_string(folder.get()) + "/attach";
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  Fd socketFd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socketFd || connect(socketFd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return fail(systemError("cannot attach to the container's monitor", errno));
  return socketFd;
}

class AttachSession : public std::enable_shared_from_this<AttachSession> {
 public:
  AttachSession(Reactor& reactor, Fd client, StreamWish wish, std::function<void(int, int)> resize)
      : reactor_(reactor), connection_(reactor, std::move(client)), wish_(wish), resize_(std::move(resize)) {}

  void start(const std::string& containerFolder) {
    auto self = shared_from_this();
    connection_.start(self, {[this](Channel channel, std::string_view bytes) { take(channel, bytes); },
                             [this] { closeMonitor(); }, [this] { updateInterest(); }});
    auto monitor = connectToConmon(containerFolder);
    if (!monitor) {
      connection_.finish(errorResult(monitor.error().message));
      return;
    }
    monitor_ = std::move(*monitor);
    reactor_.watch(monitor_.get(), EPOLLIN, [self](uint32_t ready) {
      if (ready & EPOLLOUT) self->feed();
      if (self->monitor_ && (ready & (EPOLLIN | EPOLLHUP | EPOLLERR))) self->copyOutput();
    });
  }

 private:
  void take(Channel channel, std::string_view bytes) {
    if (!monitor_) return;
    if (channel == Channel::resize) {
      if (TerminalSize size = parseResize(bytes); size.width > 0) resize_(size.width, size.height);
      return;
    }
    if (channel != Channel::standardInput || !wish_.standardInput) return;
    if (bytes.empty()) inputEnded_ = true;
    for (size_t start = 0; start < bytes.size(); start += kAttachInputPiece)
      input_.emplace_back(bytes.substr(start, kAttachInputPiece));
    feed();
  }

  void feed() {
    while (!input_.empty()) {
      ssize_t count = send(monitor_.get(), input_.front().data(), input_.front().size(), MSG_NOSIGNAL);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0 && errno == EAGAIN) break;
      if (count < 0)
        input_.clear();
      else
        input_.pop_front();
    }
    if (input_.empty() && std::exchange(inputEnded_, false)) shutdown(monitor_.get(), SHUT_WR);
    connection_.hold(input_.size() > 32);
    updateInterest();
  }

  void copyOutput() {
    char buffer[kAttachPacket + 1];
    ssize_t count = recv(monitor_.get(), buffer, sizeof buffer, 0);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (count <= 0) {
      // The container has ended, or its monitor has.
      closeMonitor();
      connection_.finish(exitResult(0));
      return;
    }
    std::string_view bytes(buffer + 1, size_t(count) - 1);
    if (buffer[0] == kAttachStdout && wish_.standardOutput) connection_.send(Channel::standardOutput, bytes);
    if (buffer[0] == kAttachStderr && wish_.standardError) connection_.send(Channel::standardError, bytes);
    updateInterest();
  }

  void updateInterest() {
    if (!monitor_) return;
    reactor_.change(monitor_.get(),
                    (connection_.full() ? 0u : uint32_t(EPOLLIN)) | (input_.empty() ? 0u : uint32_t(EPOLLOUT)));
  }

  void closeMonitor() {
    if (!monitor_) return;
    reactor_.forget(monitor_.get());
    monitor_.reset();
  }

  Reactor& reactor_;
  FrameConnection connection_;
  StreamWish wish_;
  std::function<void(int, int)> resize_;
  Fd monitor_;
  std::deque<std::string> input_;
  bool inputEnded_ = false;
};

class RelaySession : public std::enable_shared_from_this<RelaySession> {
 public:
  RelaySession(Reactor& reactor, Fd client, Fd server) : reactor_(reactor) {
    sides_[0].fd = std::move(client);
    sides_[1].fd = std::move(server);
  }

  void start() {
    auto self = shared_from_this();
    for (int side : {0, 1}) {
      fcntl(sides_[side].fd.get(), F_SETFL, O_NONBLOCK);
      reactor_.watch(sides_[side].fd.get(), EPOLLIN, [self, side](uint32_t ready) { self->turn(side, ready); });
    }
  }

 private:
  struct Side {
    Fd fd;
    std::string pending;  // to be sent to it
    bool ended = false;   // it sends no more
    bool shut = false;    // nothing more is sent to it
    bool gone = false;    // closed both ways, and no longer watched
  };

  void turn(int index, uint32_t ready) {
    Side &side = sides_[index], &other = sides_[1 - index];
    if (ready & EPOLLERR) return end();
    if ((ready & EPOLLOUT) && !send(side)) return end();
    if (!side.ended && other.pending.empty() && (ready & (EPOLLIN | EPOLLHUP)))
      if (!receive(side, other)) return end();
    // The kernel tells of a hang-up again and again, wanted or not.
    if (ready & EPOLLHUP) {
      while (!side.ended)
        if (!receive(side, other)) return end();
      reactor_.forget(side.fd.get());
      side.gone = true;
    }
    for (Side* each : {&sides_[0], &sides_[1]}) {
      Side& from = each == &sides_[0] ? sides_[1] : sides_[0];
      if (from.gone && each->pending.empty()) return end();
      if (from.ended && each->pending.empty() && !std::exchange(each->shut, true)) shutdown(each->fd.get(), SHUT_WR);
    }
    if (sides_[0].shut && sides_[1].shut) return end();
    for (int i : {0, 1})
      reactor_.change(sides_[i].fd.get(), (!sides_[i].ended && sides_[1 - i].pending.empty() ? uint32_t(EPOLLIN) : 0u) |
                                              (sides_[i].pending.empty() ? 0u : uint32_t(EPOLLOUT)));
  }

  static bool receive(Side& from, Side& to) {
    char buffer[65536];
    ssize_t count = recv(from.fd.get(), buffer, sizeof buffer, 0);
    if (count < 0) return errno == EINTR || errno == EAGAIN;
    if (count == 0) from.ended = true;
    to.pending.append(buffer, size_t(count));
    return send(to);
  }

  static bool send(Side& side) {
    while (!side.pending.empty()) {
      ssize_t count = ::send(side.fd.get(), side.pending.data(), side.pending.size(), MSG_NOSIGNAL);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return errno == EAGAIN;
      side.pending.erase(0, size_t(count));
    }
    return true;
  }

  void end() {
    for (Side& side : sides_) {
      reactor_.forget(side.fd.get());
      side.fd.reset();
    }
  }

  Reactor& reactor_;
  Side sides_[2];
};

}  // namespace

void runAttachSession(Reactor& reactor, Fd client, const std::string& containerFolder, StreamWish wish,
                      std::function<void(int, int)> resize) {
  std::make_shared<AttachSession>(reactor, std::move(client), wish, std::move(resize))->start(containerFolder);
}

void runRelaySession(Reactor& reactor, Fd client, Fd server) {
  std::make_shared<RelaySession>(reactor, std::move(client), std::move(server))->start();
}

}  // namespace cleat::runtime
