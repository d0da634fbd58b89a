#include "core/app/envtest/etcd_stand_in.h"

#include <cleat/sdk/host_port.h>
#include <cleat/sdk/text.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "core/app/envtest/foreign_flags.h"

namespace cleat::app {
namespace {

constexpr const char* kEtcd = "etcd";
constexpr const char* kDataDirPath = "/cleat/data-dir";
constexpr size_t kMaxHead = 8192;
// Nobody may hold the others up for longer.
constexpr timeval kPatience{1, 0};

constexpr ForeignFlag kEtcdFlags[] = {
    {"listen-client-urls", ForeignFlag::Use::effect, "http://HOST:PORT to answer at"},
    {"data-dir", ForeignFlag::Use::effect, "folder of the state, which the server writes"},
    {"unsafe-no-fsync", ForeignFlag::Use::none, "", true},
    {"advertise-client-urls", ForeignFlag::Use::none},
    {"listen-peer-urls", ForeignFlag::Use::none},
    {"initial-advertise-peer-urls", ForeignFlag::Use::none},
    {"initial-cluster", ForeignFlag::Use::none},
    {"listen-metrics-urls", ForeignFlag::Use::none},
    {"log-level", ForeignFlag::Use::none},
    {"logger", ForeignFlag::Use::none},
    {"max-request-bytes", ForeignFlag::Use::none},
    {"name", ForeignFlag::Use::none},
    {"quota-backend-bytes", ForeignFlag::Use::none},
    {"snapshot-count", ForeignFlag::Use::none},
};

class Socket {
 public:
  explicit Socket(int fd = -1) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  int fd() const { return fd_; }

 private:
  int fd_;
};

Status cannotUse(const std::string& url, std::string_view why) { return Status::badRequest(concat(url, ": ", why)); }

// `use` is ::bind or ::connect; the socket for which it succeeds.
Result<Socket> socketFor(const std::string& url, int (*use)(int, const sockaddr*, socklen_t)) {
  constexpr std::string_view kScheme = "http://";
  std::string_view rest = url;
  if (!rest.starts_with(kScheme)) return fail(cannotUse(url, "give it as http://HOST:PORT"));
  rest.remove_prefix(kScheme.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  const std::optional<HostAndPort> where = splitHostPort(rest);
  if (!where || where->port.empty()) return fail(cannotUse(url, "give it as http://HOST:PORT"));
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (int code = ::getaddrinfo(str(where->host).c_str(), str(where->port).c_str(), &hints, &found); code != 0) {
    return fail(cannotUse(url, ::gai_strerror(code)));
  }
  std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all(found, ::freeaddrinfo);
  for (const addrinfo* one = found; one; one = one->ai_next) {
    Socket socket(::socket(one->ai_family, one->ai_socktype | SOCK_CLOEXEC, one->ai_protocol));
    const int yes = 1;
    ::setsockopt(socket.fd(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    ::setsockopt(socket.fd(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
    ::setsockopt(socket.fd(), SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
    if (socket.fd() >= 0 && use(socket.fd(), one->ai_addr, one->ai_addrlen) == 0) return socket;
  }
  return fail(cannotUse(url, std::strerror(errno)));
}

void sendAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    text.remove_prefix(static_cast<size_t>(sent));
  }
}

// Up to the end of the stream, of a head where `headOnly` says so, or of what is taken at most.
std::string receive(int fd, bool headOnly) {
  std::string text;
  char buffer[1024];
  while (text.size() < kMaxHead && !(headOnly && text.find("\r\n\r\n") != std::string::npos)) {
    const ssize_t size = ::recv(fd, buffer, sizeof buffer, 0);
    if (size <= 0) break;
    text.append(buffer, static_cast<size_t>(size));
  }
  return text;
}

std::string answerWith(std::string_view status, std::string_view type, std::string_view body) {
  return concat("HTTP/1.1 ", status, "\r\nContent-Type: ", type, "\r\nContent-Length: ", body.size(),
                "\r\nConnection: close\r\n\r\n", body);
}

class StandIn final : public EtcdStandIn {
 public:
  explicit StandIn(std::string dataDir) : dataDir_(std::move(dataDir)) {}
  Result<void> add(const std::string& url) {
    CLEAT_TRY(Socket listener, socketFor(url, ::bind));
    if (::listen(listener.fd(), 64) != 0) return fail(cannotUse(url, std::strerror(errno)));
    listeners_.push_back(std::move(listener));
    return {};
  }

  void serve(int stop) override {
    std::vector<pollfd> all{{stop, POLLIN, 0}};
    for (const Socket& listener : listeners_) all.push_back({listener.fd(), POLLIN, 0});
    while (all[0].revents == 0) {
      if (::poll(all.data(), all.size(), -1) < 0 && errno != EINTR) return;
      for (size_t i = 1; i < all.size(); ++i) {
        if (all[i].revents != 0) serveOne(all[i].fd);
      }
    }
  }

 private:
  void serveOne(int listener) const {
    const Socket client(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
    if (client.fd() < 0) return;
    ::setsockopt(client.fd(), SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
    sendAll(client.fd(), answer(receive(client.fd(), true)));
  }

  std::string answer(const std::string& request) const {
    const size_t begin = request.find(' ') + 1;
    const std::string path = request.substr(begin, request.find_first_of(" ?", begin) - begin);
    if (!request.starts_with("GET ")) return answerWith("405 Method Not Allowed", "text/plain", "GET alone\n");
    if (path == "/health") return answerWith("200 OK", "application/json", R"({"health":"true","reason":""})");
    if (path == "/livez" || path == "/readyz") return answerWith("200 OK", "text/plain", "ok\n");
    if (path == kDataDirPath) return answerWith("200 OK", "text/plain", dataDir_);
    return answerWith("404 Not Found", "text/plain",
                      "this etcd of `cleat envtest` keeps nothing: Cleat has a store of its own\n");
  }

  std::string dataDir_;
  std::vector<Socket> listeners_;
};

}  // namespace

Result<std::unique_ptr<EtcdStandIn>> EtcdStandIn::listen(const std::vector<std::string>& urls, std::string dataDir) {
  auto standIn = std::make_unique<StandIn>(std::move(dataDir));
  for (const std::string& url : urls) {
    CLEAT_TRY(standIn->add(url));
  }
  return standIn;
}

Result<std::string> askForDataDir(const std::string& url) {
  CLEAT_TRY(Socket socket, socketFor(url, ::connect));
  sendAll(socket.fd(), concat("GET ", kDataDirPath, " HTTP/1.1\r\nHost: etcd\r\nConnection: close\r\n\r\n"));
  const std::string answer = receive(socket.fd(), false);
  const size_t head = answer.find("\r\n\r\n");
  if (!answer.starts_with("HTTP/1.1 200 ") || head == std::string::npos || answer.substr(head + 4, 1) != "/") {
    return fail(cannotUse(url, "this is not the etcd of `cleat envtest`, and Cleat keeps nothing in another one"));
  }
  return answer.substr(head + 4);
}

Result<EtcdFlags> readEtcdFlags(const std::vector<std::string>& arguments) {
  CLEAT_TRY(ForeignFlags flags, ForeignFlags::parse(kEtcd, kEtcdFlags, arguments));
  EtcdFlags out{flags.list("listen-client-urls"), flags.get("data-dir"), flags.withoutEffect()};
  if (out.listen.empty()) out.listen = {"http://localhost:2379"};
  if (out.dataDir.empty()) return fail(Status::badRequest("etcd: --data-dir: name the folder of the state"));
  return out;
}

std::string etcdHelp() {
  return helpFor(kEtcd, "stands where envtest wants an etcd; the server keeps the state", kEtcdFlags);
}

}  // namespace cleat::app
