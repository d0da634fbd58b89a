#include "upstreams.h"

#include <arpa/inet.h>
#include <cleat/sdk/text.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "zone.h"

namespace cleat::dns {
namespace {

constexpr uint16_t kDnsPort = 53;

uint16_t randomId() {
  uint16_t id = 0;
  while (getrandom(&id, sizeof id, 0) != sizeof id) {
  }
  return id;
}

bool sameQuestion(const Question& a, const Question& b) {
  return a.type == b.type && a.dnsClass == b.dnsClass && lowered(a.name) == lowered(b.name);
}

}  // namespace

std::string SocketAddress::bytes() const {
  if (family() == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &storage, sizeof v4);
    return {reinterpret_cast<const char*>(&v4.sin_addr), sizeof v4.sin_addr};
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &storage, sizeof v6);
  return {reinterpret_cast<const char*>(&v6.sin6_addr), sizeof v6.sin6_addr};
}

bool SocketAddress::operator==(const SocketAddress& other) const {
  return size == other.size && std::memcmp(&storage, &other.storage, size) == 0;
}

SocketAddress socketAddress(const std::string& bytes, uint16_t port) {
  SocketAddress address;
  if (bytes.size() == 4) {
    sockaddr_in v4{.sin_family = AF_INET, .sin_port = htons(port)};
    std::memcpy(&v4.sin_addr, bytes.data(), 4);
    std::memcpy(&address.storage, &v4, address.size = sizeof v4);
  } else {
    sockaddr_in6 v6{.sin6_family = AF_INET6, .sin6_port = htons(port)};
    std::memcpy(&v6.sin6_addr, bytes.data(), 16);
    std::memcpy(&address.storage, &v6, address.size = sizeof v6);
  }
  return address;
}

std::optional<SocketAddress> parseUpstream(std::string_view text) {
  uint16_t port = kDnsPort;
  std::string_view host = text;
  const size_t colon = text.rfind(':');
  const bool bracketed = text.starts_with('[');
  if (colon != std::string_view::npos && (bracketed ? text[colon - 1] == ']' : text.find(':') == colon)) {
    auto number = parseInteger<uint16_t>(text.substr(colon + 1));
    if (!number || *number == 0) return std::nullopt;
    port = *number;
    host = text.substr(0, colon);
  }
  if (bracketed) {
    if (!host.ends_with(']')) return std::nullopt;
    host = host.substr(1, host.size() - 2);
  }
  auto bytes = parseAddress(host);
  return bytes ? std::optional(socketAddress(*bytes, port)) : std::nullopt;
}

std::vector<std::string> nameserversOf(std::string_view resolvConf) {
  constexpr std::string_view kWord = "nameserver", kSpaces = " \t\r";
  std::vector<std::string> servers;
  while (!resolvConf.empty()) {
    const size_t end = std::min(resolvConf.find('\n'), resolvConf.size());
    std::string_view line = resolvConf.substr(0, end);
    resolvConf.remove_prefix(std::min(end + 1, resolvConf.size()));
    if (!line.starts_with(kWord)) continue;
    line.remove_prefix(kWord.size());
    const size_t start = line.find_first_not_of(kSpaces);
    if (start == 0 || start == std::string_view::npos) continue;
    line = line.substr(start, line.find_first_of(kSpaces, start) - start);
    if (parseAddress(line)) servers.emplace_back(line);
  }
  return servers;
}

// One question on its way, from server to server until one has answered.
class Upstreams::Exchange : public Source {
 public:
  Exchange(Upstreams& owner, std::vector<SocketAddress> servers, std::string client, Query query, Question question,
           bool whole, Done done)
      : owner_(owner), servers_(std::move(servers)), client_(std::move(client)), query_(std::move(query)),
        question_(std::move(question)), whole_(whole), done_(std::move(done)) {}
  ~Exchange() override { owner_.finished(client_); }

  void start(uint64_t id) {
    id_ = id;
    tryNext();
  }

  void ready(uint32_t) override {
    if (overTcp_)
      exchangeStream();
    else
      receiveDatagrams();
  }
  void expired() override { tryNext(); }

 private:
  void tryNext() {
    while (tries_ < owner_.limits_.tries) {
      const SocketAddress& server = servers_[tries_++ % servers_.size()];
      overTcp_ = false;
      if (open(server, SOCK_DGRAM)) return;
    }
    conclude(std::move(second_));
  }

  bool open(const SocketAddress& server, int type) {
    messageId_ = randomId();
    out_ = writeQuery(messageId_, query_, question_);
    in_.clear();
    socket_ = Fd(::socket(server.family(), type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket_) return false;
    const bool connected = ::connect(socket_.get(), server.get(), server.size) == 0;
    if (type == SOCK_DGRAM) {
      if (!connected || ::send(socket_.get(), out_.data(), out_.size(), MSG_NOSIGNAL) < 0) return false;
    } else {
      if (!connected && errno != EINPROGRESS) return false;
      std::string frame;
      append16(frame, static_cast<uint16_t>(out_.size()));
      out_ = frame + out_;
    }
    server_ = server;
    if (!owner_.loop_.watch(id_, socket_.get(), type == SOCK_DGRAM ? EPOLLIN : EPOLLOUT)) return false;
    owner_.loop_.setDeadline(id_, Clock::now() + owner_.limits_.tryTimeout);
    return true;
  }

  void receiveDatagrams() {
    std::array<char, 4096> buffer;
    while (true) {
      const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (got < 0) return tryNext();  // nobody listens there
      const std::string_view message(buffer.data(), static_cast<size_t>(got));
      auto response = parseResponse(message);
      if (!response || response->id != messageId_ || !sameQuestion(response->question, question_)) continue;
      if ((response->flags & kTruncated) != 0 && whole_) {
        overTcp_ = true;
        const SocketAddress server = server_;
        if (!open(server, SOCK_STREAM)) tryNext();
        return;
      }
      return take(std::string(message), *response);
    }
  }

  void exchangeStream() {
    while (!out_.empty()) {
      const ssize_t sent = ::send(socket_.get(), out_.data(), out_.size(), MSG_NOSIGNAL);
      if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (sent < 0) return tryNext();
      out_.erase(0, static_cast<size_t>(sent));
      if (out_.empty()) owner_.loop_.rewatch(id_, socket_.get(), EPOLLIN);
    }
    std::array<char, 4096> buffer;
    while (true) {
      const ssize_t got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (got <= 0) return tryNext();
      in_.append(buffer.data(), static_cast<size_t>(got));
      if (in_.size() < 2) continue;
      const size_t length = static_cast<size_t>(static_cast<uint8_t>(in_[0])) << 8 | static_cast<uint8_t>(in_[1]);
      if (in_.size() < 2 + length) continue;
      std::string message = in_.substr(2, length);
      auto response = parseResponse(message);
      if (!response || response->id != messageId_ || !sameQuestion(response->question, question_)) return tryNext();
      return take(std::move(message), *response);
    }
  }

  // A server that cannot or will not answer is not the last word while there is another.
  void take(std::string message, const Response& response) {
    const bool declined = response.rcode() == Rcode::serverFailure || response.rcode() == Rcode::refused;
    if (!declined || servers_.size() == 1) return conclude(std::move(message));
    second_ = std::move(message);
    tryNext();
  }

  void conclude(std::optional<std::string> answer) {
    socket_.reset();
    owner_.loop_.end(id_);
    done_(std::move(answer));
  }

  Upstreams& owner_;
  const std::vector<SocketAddress> servers_;
  const std::string client_;
  const Query query_;
  const Question question_;
  const bool whole_;
  Done done_;
  uint64_t id_ = 0;
  size_t tries_ = 0;
  SocketAddress server_;
  bool overTcp_ = false;
  uint16_t messageId_ = 0;
  Fd socket_;
  std::string out_, in_;
  std::optional<std::string> second_;  // an answer that is better than none
};

bool Upstreams::ask(std::vector<SocketAddress> servers, const std::string& client, const Query& query,
                    const Question& question, bool whole, Done done) {
  if (servers.empty() || inFlight_ >= limits_.inFlight) return false;
  size_t& ofClient = clients_[client];
  if (ofClient >= limits_.inFlightOfClient) return false;
  ++ofClient;
  ++inFlight_;
  auto exchange =
      std::make_unique<Exchange>(*this, std::move(servers), client, query, question, whole, std::move(done));
  Exchange* made = exchange.get();
  const uint64_t id = loop_.add(std::move(exchange));
  made->start(id);
  return true;
}

void Upstreams::finished(const std::string& client) {
  --inFlight_;
  auto found = clients_.find(client);
  if (found != clients_.end() && --found->second == 0) clients_.erase(found);
}

}  // namespace cleat::dns
