// port-forward over SPDY/3.1: for each connection the client opens two streams with the same requestID, one for the
// bytes
// ("data", with the port's number) and one for an error text. SPDY goes over the connection itself or inside a
// WebSocket (the protocol SPDY/3.1+portforward.k8s.io, which kubectl uses).
#include <cleat/sdk/text.h>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <charconv>
#include <map>

#include "server/port_forward.h"
#include "server/spdy_connection.h"

namespace cleat::agent {
namespace {

namespace asio = boost::asio;

constexpr const char* kProtocol = "portforward.k8s.io";
constexpr const char* kTunnelProtocol = "SPDY/3.1+portforward.k8s.io";

// One connection to a port: bytes both ways until both sides have ended, or one is broken off.
class Forwarded : public std::enable_shared_from_this<Forwarded> {
 public:
  Forwarded(asio::any_io_executor executor, SpdyStreamPtr bytes, SpdyStreamPtr errors, uint16_t port)
      : socket_(executor), bytes_(std::move(bytes)), errors_(std::move(errors)), port_(port) {}

  void begin(AgentApi& api, const std::string& ns, const std::string& pod) {
    pod_ = pod;
    api.openPort(ns, pod, port_, [self = shared_from_this()](Result<std::string> socketPath) {
      if (!socketPath) return self->failed(socketPath.error().message);
      self->socket_.async_connect(asio::local::stream_protocol::endpoint(*socketPath), [self](ErrorCode error) {
        if (error) return self->failed(error.message());
        self->toPod();
        self->toClient();
      });
    });
  }

 private:
  void failed(const std::string& why) {
    errors_->write(forwardFailure(port_, pod_, why), [self = shared_from_this()](bool) {
      self->errors_->finish();
      self->bytes_->reset();
    });
  }

  void toPod() {
    bytes_->read([self = shared_from_this()](std::string bytes) {
      if (bytes.empty()) {
        ErrorCode ignored;
        self->socket_.shutdown(asio::local::stream_protocol::socket::shutdown_send, ignored);
        return;
      }
      self->out_ = std::move(bytes);
      asio::async_write(self->socket_, asio::buffer(self->out_), [self](ErrorCode error, size_t) {
        if (!error) self->toPod();
      });
    });
  }

  void toClient() {
    socket_.async_read_some(asio::buffer(in_), [self = shared_from_this()](ErrorCode error, size_t got) {
      if (error) return self->podEnded();
      self->bytes_->write(std::string_view(self->in_.data(), got), [self](bool sent) {
        if (sent) return self->toClient();
        ErrorCode ignored;
        self->socket_.close(ignored);
      });
    });
  }

  void podEnded() {
    bytes_->finish();
    errors_->finish();
  }

  asio::local::stream_protocol::socket socket_;
  SpdyStreamPtr bytes_, errors_;
  uint16_t port_;
  std::string pod_;
  std::array<char, 32 * 1024> in_{};
  std::string out_;
};

class PortForward : public std::enable_shared_from_this<PortForward> {
 public:
  explicit PortForward(SessionPtr session)
      : session_(std::move(session)), ns_(session_->path[1]), pod_(session_->path[2]) {}

  void begin(ByteLinkPtr link) {
    auto connection = std::make_shared<SpdyConnection>(
        std::move(link), [self = shared_from_this()](SpdyStreamPtr stream) { self->opened(std::move(stream)); },
        [self = shared_from_this()] { self->pairs_.clear(); });
    connection->begin();
  }

 private:
  struct Pair {
    SpdyStreamPtr bytes, errors;
  };

  void opened(SpdyStreamPtr stream) {
    std::string id(stream->header("requestID"));
    // Clients of old did not number their requests: the error stream comes right before its data stream.
    if (id.empty()) id = stream->header("port");
    std::string_view type = stream->header("streamType");
    Pair& pair = pairs_[id];
    if (type == "error") {
      pair.errors = std::move(stream);
    } else if (type == "data") {
      pair.bytes = std::move(stream);
    } else {
      return stream->reset();
    }
    if (!pair.bytes || !pair.errors) return;
    Pair both = std::exchange(pair, {});
    pairs_.erase(id);
    start(std::move(both));
  }

  void start(Pair pair) {
    uint16_t port = portIn(pair.bytes->header("port"));
    if (port == 0) {
      pair.errors->reset();
      pair.bytes->reset();
      return;
    }
    std::make_shared<Forwarded>(session_->socket->executor(), std::move(pair.bytes), std::move(pair.errors), port)
        ->begin(session_->api, ns_, pod_);
  }

  SessionPtr session_;
  std::string ns_, pod_;
  std::map<std::string, Pair> pairs_;  // whose other stream has not come yet
};

}  // namespace

std::string forwardFailure(uint16_t port, std::string_view pod, std::string_view why) {
  return concat("error forwarding port ", port, " to pod ", pod, ", uid : ", why);
}

uint16_t portIn(std::string_view text) {
  uint16_t port = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() ? port : 0;
}

void servePortForward(SessionPtr session) {
  auto forward = std::make_shared<PortForward>(session);
  auto begin = [forward](ByteLinkPtr link) { forward->begin(std::move(link)); };
  if (wantsUpgrade(session->request, "SPDY/3.1")) {
    if (chooseProtocol(session->request, "X-Stream-Protocol-Version", {kProtocol}).empty()) {
      return respond(session, 403, concat("unable to negotiate protocol: the server speaks ", kProtocol));
    }
    return upgradeToSpdy(session, kProtocol, begin);
  }
  if (!wantsUpgrade(session->request, "websocket")) return respond(session, 400, "Upgrade request required");
  bool tunnel = !chooseProtocol(session->request, "Sec-WebSocket-Protocol", {kTunnelProtocol}).empty();
  if (!tunnel) return forwardOverChannels(session);
  upgradeToWebSocket(session, kTunnelProtocol, MessageType::binary, begin);
}

}  // namespace cleat::agent
