#include "server/spdy_session.h"

#include <map>

#include "server/exec_result.h"
#include "server/runtime_stream.h"
#include "server/spdy_connection.h"

namespace cleat::agent {
namespace {

constexpr size_t kLongestFramedResult = 64 * 1024;

class SpdyExec : public std::enable_shared_from_this<SpdyExec> {
 public:
  SpdyExec(SessionPtr session, std::string socketPath, const StreamRequest& request)
      : session_(std::move(session)), socketPath_(std::move(socketPath)), runtime_(session_->socket->executor()),
        expected_(1 + (request.input ? 1 : 0) + (request.output ? 1 : 0) + (request.error && !request.tty ? 1 : 0) +
                  (request.tty ? 1 : 0)) {}

  void begin(const std::string& protocol) {
    upgradeToSpdy(session_, protocol, [self = shared_from_this()](ByteLinkPtr link) {
      self->connection_ = std::make_shared<SpdyConnection>(
          std::move(link), [self](SpdyStreamPtr stream) { self->opened(std::move(stream)); },
          [self] { self->runtime_.close(); });
      self->connection_->begin();
    });
  }

 private:
  void opened(SpdyStreamPtr stream) {
    std::string type(stream->header("streamType"));
    streams_[type] = std::move(stream);
    if (streams_.size() == expected_) start();
  }

  SpdyStreamPtr find(const std::string& type) {
    auto found = streams_.find(type);
    return found == streams_.end() ? nullptr : found->second;
  }

  void start() {
    runtime_.connect(socketPath_, [self = shared_from_this()](boost::system::error_code error) {
      if (error) return self->end(execFailure("cannot reach the runtime: " + error.message()));
      if (auto input = self->find("stdin")) self->relayInput(input, FrameChannel::input);
      if (auto size = self->find("resize")) self->relayInput(size, FrameChannel::resize);
      self->relayOutput();
    });
  }

  // The two that write to the runtime take turns.
  void relayInput(SpdyStreamPtr stream, FrameChannel channel) {
    stream->read([self = shared_from_this(), stream, channel](std::string bytes) {
      bool ended = bytes.empty();
      if (ended && channel == FrameChannel::resize) return;
      self->enqueue(channel, std::move(bytes), [self, stream, channel, ended] {
        if (!ended) self->relayInput(stream, channel);
      });
    });
  }

  struct Input {
    FrameChannel channel;
    std::string bytes;
    std::function<void()> then;
  };
  void enqueue(FrameChannel channel, std::string bytes, std::function<void()> then) {
    inputs_.push_back({channel, std::move(bytes), std::move(then)});
    if (inputs_.size() == 1) writeInput();
  }
  void writeInput() {
    Input& next = inputs_.front();
    runtime_.write(next.channel, next.bytes, [self = shared_from_this()](boost::system::error_code error) {
      auto then = std::move(self->inputs_.front().then);
      self->inputs_.pop_front();
      if (error) return;  // the command does not read any more
      then();
      if (!self->inputs_.empty()) self->writeInput();
    });
  }

  void relayOutput() {
    runtime_.read(
        [self = shared_from_this()](boost::system::error_code error, FrameChannel channel, std::string_view bytes) {
          if (error) {
            return self->end(self->result_.empty() ? execFailure("the runtime ended the stream")
                                                   : execStatus(self->result_));
          }
          if (channel == FrameChannel::result) {
            if (self->result_.size() < kLongestFramedResult) self->result_ += bytes;
            return self->relayOutput();
          }
          auto stream = self->find(channel == FrameChannel::output ? "stdout" : "stderr");
          if (!stream || bytes.empty()) return self->relayOutput();
          stream->write(bytes, [self](bool sent) {
            if (sent) self->relayOutput();
          });
        });
  }

  void end(const ExecEnd& how) {
    for (const char* type : {"stdout", "stderr"}) {
      if (auto stream = find(type)) stream->finish();
    }
    auto result = find("error");
    if (!result) return connection_->close();
    result->write(how.status, [self = shared_from_this(), result](bool) {
      result->finish();
      self->connection_->close();
    });
  }

  SessionPtr session_;
  std::string socketPath_;
  RuntimeStream runtime_;
  size_t expected_;
  std::shared_ptr<SpdyConnection> connection_;
  std::map<std::string, SpdyStreamPtr> streams_;
  std::deque<Input> inputs_;
  std::string result_;
};

}  // namespace

void beginSpdyExec(SessionPtr session, const std::string& socketPath, const StreamRequest& request) {
  std::string protocol = chooseProtocol(session->request, "X-Stream-Protocol-Version", {"v4.channel.k8s.io"});
  if (protocol.empty()) {
    return respond(session, 403, "unable to negotiate protocol: the server speaks v4.channel.k8s.io");
  }
  std::make_shared<SpdyExec>(std::move(session), socketPath, request)->begin(protocol);
}

}  // namespace cleat::agent
