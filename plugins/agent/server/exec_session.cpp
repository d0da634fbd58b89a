// exec and attach over a WebSocket, in the protocols v5.channel.k8s.io and v4.channel.k8s.io: each message begins with the
// byte of its channel (0 stdin, 1 stdout, 2 stderr, 3 the result as a Status, 4 the terminal's size); in v5 the channel
// 255 closes the channel that its one byte names. What comes from one side is written to the other before more is read.
#include <cleat/sdk/text.h>

#include "server/byte_link.h"
#include "server/exec_result.h"
#include "server/log_reader.h"
#include "server/runtime_stream.h"
#include "server/session.h"
#include "server/spdy_session.h"

namespace cleat::agent {
namespace {

constexpr unsigned char kCloseChannel = 255;
constexpr size_t kLongestResult = 64 * 1024;

class ExecSession : public std::enable_shared_from_this<ExecSession> {
 public:
  explicit ExecSession(SessionPtr session) : session_(std::move(session)), runtime_(session_->socket->executor()) {}

  void begin(const std::string& socketPath, const std::string& protocol) {
    runtime_.connect(socketPath, [self = shared_from_this(), protocol](ErrorCode error) {
      if (error) return respond(self->session_, Status::internal(concat("cannot reach the runtime: ", error.message())));
      upgradeToWebSocket(self->session_, protocol, [self](MessageLinkPtr client) {
        self->client_ = std::move(client);
        self->readClient();
        self->readRuntime();
      });
    });
  }

 private:
  void readClient() {
    client_->read([self = shared_from_this()](ErrorCode error, std::string_view message) {
      if (error) return self->stop();
      self->takeMessage(message);
    });
  }

  void takeMessage(std::string_view text) {
    auto next = [self = shared_from_this()](ErrorCode error) { error ? self->dropInput() : self->readClient(); };
    if (text.empty()) return next({});
    auto channel = static_cast<unsigned char>(text[0]);
    text.remove_prefix(1);
    bool closesInput = channel == kCloseChannel && text.size() == 1 && text[0] == 0;
    if (closesInput) return runtime_.write(FrameChannel::input, {}, next);
    bool carries = channel == static_cast<unsigned char>(FrameChannel::input) ||
                   channel == static_cast<unsigned char>(FrameChannel::resize);
    // An empty input frame would close it.
    if (!carries || text.empty()) return next({});
    runtime_.write(static_cast<FrameChannel>(channel), text, next);
  }

  // The command does not read any more; its output and its result may still come.
  void dropInput() {
    client_->read([self = shared_from_this()](ErrorCode error, std::string_view) {
      if (error) return self->stop();
      self->dropInput();
    });
  }

  void readRuntime() {
    runtime_.read([self = shared_from_this()](ErrorCode error, FrameChannel channel, std::string_view bytes) {
      if (error) return self->end(self->result_.empty() ? execFailure("the runtime ended the stream") : execStatus(self->result_));
      if (channel == FrameChannel::result) {
        if (self->result_.size() < kLongestResult) self->result_ += bytes;
        return self->readRuntime();
      }
      if (bytes.empty()) return self->readRuntime();
      self->send(static_cast<char>(channel), bytes, [self] { self->readRuntime(); });
    });
  }

  void send(char channel, std::string_view bytes, std::function<void()> then) {
    out_.clear();
    out_ += channel;
    out_ += bytes;
    client_->write(out_, [self = shared_from_this(), then = std::move(then)](ErrorCode error) {
      if (error) return self->stop();
      then();
    });
  }

  void end(const std::string& status) {
    send(static_cast<char>(FrameChannel::result), status, [self = shared_from_this()] {
      self->client_->finish([self] { self->stop(); });
    });
  }

  void stop() {
    runtime_.close();
    client_->close();
  }

  SessionPtr session_;
  RuntimeStream runtime_;
  MessageLinkPtr client_;
  std::string out_, result_;
};

StreamRequest streamRequest(const Session& session, bool attach) {
  StreamRequest request;
  request.attach = attach;
  for (auto& [key, value] : parseQuery(session.query)) {
    bool on = value == "1" || value == "true";
    if (key == "command") request.command.push_back(value);
    if (key == "input" || key == "stdin") request.input = on;
    if (key == "output" || key == "stdout") request.output = on;
    if (key == "error" || key == "stderr") request.error = on;
    if (key == "tty") request.tty = on;
  }
  return request;
}

}  // namespace

void serveExec(SessionPtr session, bool attach) {
  StreamRequest request = streamRequest(*session, attach);
  if (!attach && request.command.empty()) return respond(session, 400, "you must specify at least 1 command for the container");
  if (!request.input && !request.output && !request.error) {
    return respond(session, 400, "you must specify at least 1 of stdin, stdout, stderr");
  }
  bool spdy = wantsUpgrade(session->request, "SPDY/3.1");
  if (!spdy && !wantsUpgrade(session->request, "websocket")) return respond(session, 400, "Upgrade request required");
  std::string protocol;
  if (!spdy) {
    protocol = chooseProtocol(session->request, "Sec-WebSocket-Protocol", {"v5.channel.k8s.io", "v4.channel.k8s.io"});
    if (protocol.empty()) {
      return respond(session, 400, "the client speaks none of the protocols v5.channel.k8s.io and v4.channel.k8s.io");
    }
  }
  ContainerAddress address{session->path[1], session->path[2], session->path[3]};
  session->api.openStream(address, request, [session, protocol, spdy, request](Result<std::string> socketPath) {
    if (!socketPath) return respond(session, socketPath.error());
    if (spdy) return beginSpdyExec(session, *socketPath, request);
    std::make_shared<ExecSession>(session)->begin(*socketPath, protocol);
  });
}

}  // namespace cleat::agent
