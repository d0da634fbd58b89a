// port-forward over the channels of a WebSocket, as the clients in Python and Rust speak it: of the request's Nth port,
// counted from 0, channel 2N carries the bytes of one connection and channel 2N+1 an error text. Each of the two begins
// with the port's number in two bytes, the lower one first. It is over when every connection is.
#include <cleat/sdk/text.h>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <deque>

#include "server/byte_link.h"
#include "server/channel_messages.h"
#include "server/log_reader.h"
#include "server/port_forward.h"

namespace cleat::agent {
namespace {

namespace asio = boost::asio;
using Local = asio::local::stream_protocol;

// Two channels each, and the channel is a byte or a character.
constexpr size_t kMostPorts = 32;

class ChannelForward : public std::enable_shared_from_this<ChannelForward> {
 public:
  ChannelForward(SessionPtr session, std::string protocol, const std::vector<uint16_t>& ports)
      : session_(std::move(session)), protocol_(std::move(protocol)), codec_(protocol_), open_(ports.size()) {
    for (uint16_t port : ports) connections_.emplace_back(session_->socket->executor(), port);
  }

  void begin() {
    auto type = codec_.isText() ? MessageType::text : MessageType::binary;
    upgradeToWebSocket(session_, protocol_, type, [self = shared_from_this()](MessageLinkPtr client) {
      self->client_ = std::move(client);
      for (size_t i = 0; i < self->connections_.size(); ++i) self->open(i);
      self->readClient();
    });
  }

 private:
  struct Connection {
    Connection(NetSocket::Executor executor, uint16_t number) : socket(executor), port(number) {}
    Local::socket socket;
    uint16_t port;
    bool connected = false, over = false;
    std::string early;  // came before there was a connection
    std::array<char, 32 * 1024> in{};
  };

  void open(size_t index) {
    uint16_t port = connections_[index].port;
    std::string number{static_cast<char>(port & 0xff), static_cast<char>(port >> 8)};
    send(index * 2, number, {});
    send(index * 2 + 1, number, {});
    auto then = [self = shared_from_this(), index](Result<std::string> socketPath) {
      if (self->stopped_) return;
      if (!socketPath) return self->failed(index, socketPath.error().message);
      self->connections_[index].socket.async_connect(Local::endpoint(*socketPath), [self, index](ErrorCode error) {
        if (self->stopped_) return self->stop();
        if (error) return self->failed(index, error.message());
        self->connected(index);
      });
    };
    session_->api.openPort(session_->path[1], session_->path[2], port, then);
  }

  void connected(size_t index) {
    Connection& connection = connections_[index];
    connection.connected = true;
    toClient(index);
    if (connection.early.empty()) return;
    asio::async_write(connection.socket, asio::buffer(connection.early),
                      [self = shared_from_this()](ErrorCode, size_t) { self->resume(); });
  }

  void readClient() {
    client_->read([self = shared_from_this()](ErrorCode error, std::string_view text) {
      if (error) return self->stop();
      self->take(text);
    });
  }
  void resume() {
    if (std::exchange(paused_, false)) readClient();
  }

  // What comes is written to the pod before more is read.
  void take(std::string_view text) {
    auto message = codec_.decode(text);
    size_t index = message ? message->channel / 2 : connections_.size();
    bool carries = message && message->channel % 2 == 0 && index < connections_.size() && !connections_[index].over;
    if (!carries || message->bytes.empty()) return readClient();
    Connection& connection = connections_[index];
    paused_ = true;
    if (!connection.connected) {
      connection.early = message->bytes;
      return;
    }
    out_ = message->bytes;
    // That the pod has ended a connection is noticed where it is read.
    asio::async_write(connection.socket, asio::buffer(out_),
                      [self = shared_from_this()](ErrorCode, size_t) { self->resume(); });
  }

  void toClient(size_t index) {
    Connection& connection = connections_[index];
    auto then = [self = shared_from_this(), index](ErrorCode error, size_t got) {
      if (error) return self->ended(index);
      std::string_view bytes(self->connections_[index].in.data(), got);
      self->send(index * 2, bytes, [self, index] { self->toClient(index); });
    };
    connection.socket.async_read_some(asio::buffer(connection.in), then);
  }

  void failed(size_t index, std::string_view why) {
    std::string text = forwardFailure(connections_[index].port, session_->path[2], why);
    send(index * 2 + 1, text, [self = shared_from_this(), index] { self->ended(index); });
  }

  void ended(size_t index) {
    Connection& connection = connections_[index];
    if (stopped_ || std::exchange(connection.over, true)) return;
    ErrorCode ignored;
    connection.socket.close(ignored);
    --open_;
    if (!connection.connected) resume();  // what came early is for nobody
    finishIfDone();
  }

  void finishIfDone() {
    if (open_ > 0 || !outgoing_.empty() || std::exchange(finishing_, true)) return;
    client_->finish([self = shared_from_this()] { self->stop(); });
  }

  // Messages go out one after the other.
  void send(size_t channel, std::string_view bytes, std::function<void()> then) {
    outgoing_.push_back({std::string(codec_.encode(static_cast<unsigned char>(channel), bytes)), std::move(then)});
    if (outgoing_.size() == 1) sendNext();
  }
  void sendNext() {
    client_->write(outgoing_.front().message, [self = shared_from_this()](ErrorCode error) {
      if (error) return self->stop();
      auto then = std::move(self->outgoing_.front().then);
      self->outgoing_.pop_front();
      if (!self->outgoing_.empty()) self->sendNext();
      if (then) then();
      self->finishIfDone();
    });
  }

  void stop() {
    stopped_ = true;
    ErrorCode ignored;
    for (auto& connection : connections_) connection.socket.close(ignored);
    client_->close();
  }

  struct Outgoing {
    std::string message;
    std::function<void()> then;
  };

  SessionPtr session_;
  const std::string protocol_;
  ChannelCodec codec_;
  MessageLinkPtr client_;
  std::deque<Connection> connections_;
  size_t open_;
  bool paused_ = false;  // what came last is still to be written
  bool finishing_ = false, stopped_ = false;
  std::deque<Outgoing> outgoing_;
  std::string out_;
};

// The request's ports, each a parameter or several in one between commas.
Result<std::vector<uint16_t>> portsOf(const Session& session) {
  std::vector<uint16_t> ports;
  for (const auto& [key, value] : parseQuery(session.query)) {
    if (key != "port") continue;
    if (value.empty()) return fail(Status::badRequest("query parameter \"port\" cannot be empty"));
    std::string_view rest = value;
    while (true) {
      std::string_view text = rest.substr(0, rest.find(','));
      uint16_t port = portIn(text);
      if (port == 0) return fail(Status::badRequest(concat("unable to parse \"", text, "\" as a port")));
      ports.push_back(port);
      if (text.size() == rest.size()) break;
      rest.remove_prefix(text.size() + 1);
    }
  }
  if (ports.empty()) return fail(Status::badRequest("query parameter \"port\" is required"));
  if (ports.size() > kMostPorts) {
    return fail(Status::badRequest(concat("at most ", kMostPorts, " ports can be forwarded at once")));
  }
  return ports;
}

}  // namespace

void forwardOverChannels(SessionPtr session) {
  auto protocol = agreeOnSubprotocol(session->request, {"v4.channel.k8s.io", "v4.base64.channel.k8s.io"});
  if (!protocol)
    return respond(session, 403, "the client names no protocol that is served here, such as v4.channel.k8s.io");
  auto ports = portsOf(*session);
  if (!ports) return respond(session, ports.error());
  std::make_shared<ChannelForward>(session, *protocol, *ports)->begin();
}

}  // namespace cleat::agent
