// exec and attach over a WebSocket. The channels: 0 stdin, 1 stdout, 2 stderr, 3 the result, 4 the terminal's size. The
// result is a Status in the protocols from v4 on; in those before it is a text, and only of a failure. In v5 the
// channel 255 closes the channel that its one byte names. What comes from one side is written to the other before more
// is read.
#include <cleat/sdk/text.h>

#include <algorithm>

#include "server/byte_link.h"
#include "server/channel_messages.h"
#include "server/exec_result.h"
#include "server/log_reader.h"
#include "server/runtime_stream.h"
#include "server/session.h"
#include "server/spdy_session.h"

namespace cleat::agent {
namespace {

constexpr unsigned char kCloseChannel = 255;
constexpr size_t kLongestResult = 64 * 1024;
constexpr const char* kClosing = "v5.channel.k8s.io";

class ExecSession : public std::enable_shared_from_this<ExecSession> {
 public:
  ExecSession(SessionPtr session, std::string protocol, const StreamRequest& request)
      : session_(std::move(session)), runtime_(session_->socket->executor()), protocol_(std::move(protocol)),
        codec_(protocol_), takesInput_(request.input), opening_(request.output  ? FrameChannel::output
                                                                : request.error ? FrameChannel::error
                                                                                : FrameChannel::result) {}

  void begin(const std::string& socketPath) {
    runtime_.connect(socketPath, [self = shared_from_this()](ErrorCode error) {
      if (error)
        return respond(self->session_, Status::internal(concat("cannot reach the runtime: ", error.message())));
      auto type = self->codec_.isText() ? MessageType::text : MessageType::binary;
      upgradeToWebSocket(self->session_, self->protocol_, type, [self](MessageLinkPtr client) {
        self->client_ = std::move(client);
        self->readClient();
        // Nothing on the first channel tells the client that the command is there.
        self->send(self->opening_, {}, [self] { self->readRuntime(); });
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
    auto message = codec_.decode(text);
    if (!message) return next({});
    auto [channel, bytes] = *message;
    bool closesInput = protocol_ == kClosing && channel == kCloseChannel && bytes.size() == 1 && bytes[0] == 0;
    if (closesInput) return runtime_.write(FrameChannel::input, {}, next);
    bool carries = (takesInput_ && channel == static_cast<unsigned char>(FrameChannel::input)) ||
                   channel == static_cast<unsigned char>(FrameChannel::resize);
    // An empty input frame would close it.
    if (!carries || bytes.empty()) return next({});
    runtime_.write(static_cast<FrameChannel>(channel), bytes, next);
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
      if (error)
        return self->end(self->result_.empty() ? execFailure("the runtime ended the stream")
                                               : execStatus(self->result_));
      if (channel == FrameChannel::result) {
        if (self->result_.size() < kLongestResult) self->result_ += bytes;
        return self->readRuntime();
      }
      if (bytes.empty()) return self->readRuntime();
      self->send(channel, bytes, [self] { self->readRuntime(); });
    });
  }

  void send(FrameChannel channel, std::string_view bytes, std::function<void()> then) {
    std::string_view message = codec_.encode(static_cast<unsigned char>(channel), bytes);
    client_->write(message, [self = shared_from_this(), then = std::move(then)](ErrorCode error) {
      if (error) return self->stop();
      then();
    });
  }

  void end(const ExecEnd& how) {
    auto finish = [self = shared_from_this()] { self->client_->finish([self] { self->stop(); }); };
    bool asStatus = protocol_.starts_with("v");
    if (!asStatus && how.failure.empty()) return finish();
    send(FrameChannel::result, asStatus ? how.status : how.failure, finish);
  }

  void stop() {
    runtime_.close();
    client_->close();
  }

  SessionPtr session_;
  RuntimeStream runtime_;
  const std::string protocol_;
  ChannelCodec codec_;
  const bool takesInput_;
  const FrameChannel opening_;
  MessageLinkPtr client_;
  std::string result_;
};

// The one with which the input can be closed if the client has it at all, else the client's choice.
std::optional<std::string> execProtocol(const HttpHead& request) {
  auto named = listedIn(request, "Sec-WebSocket-Protocol");
  if (std::find(named.begin(), named.end(), kClosing) != named.end()) return kClosing;
  return agreeOnSubprotocol(
      request, {"v4.channel.k8s.io", "v4.base64.channel.k8s.io", "channel.k8s.io", "base64.channel.k8s.io"});
}

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
  if (!attach && request.command.empty())
    return respond(session, 400, "you must specify at least 1 command for the container");
  if (!request.input && !request.output && !request.error) {
    return respond(session, 400, "you must specify at least 1 of stdin, stdout, stderr");
  }
  bool spdy = wantsUpgrade(session->request, "SPDY/3.1");
  if (!spdy && !wantsUpgrade(session->request, "websocket")) return respond(session, 400, "Upgrade request required");
  std::optional<std::string> protocol = spdy ? std::string() : execProtocol(session->request);
  if (!protocol)
    return respond(session, 403, "the client names no protocol that is served here, such as v5.channel.k8s.io");
  ContainerAddress address{session->path[1], session->path[2], session->path[3]};
  session->api.openStream(address, request, [session, protocol, spdy, request](Result<std::string> socketPath) {
    if (!socketPath) return respond(session, socketPath.error());
    if (spdy) return beginSpdyExec(session, *socketPath, request);
    std::make_shared<ExecSession>(session, *protocol, request)->begin(*socketPath);
  });
}

}  // namespace cleat::agent
