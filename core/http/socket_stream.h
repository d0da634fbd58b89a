// SocketStream: a TCP connection's bytes, through TLS or plain, without blocking. It drives OpenSSL on the socket
// itself and asks Asio only when to try again, so an idle connection holds no buffers and no read is pending on it.
//
// Used on one strand, which it is given; shared, because a wait that is under way keeps it alive. Owns the socket.
#pragma once

#include <cleat/sdk/task.h>

#include <memory>
#include <string>

#include "core/base/asio_executor.h"
#include "core/http/byte_stream.h"
#include "core/http/handshake_turns.h"
#include "core/http/tls_context.h"

namespace cleat::http {

class SocketStream final : public ByteStream, public std::enable_shared_from_this<SocketStream> {
 public:
  // `context` null: no TLS. `serverName`: a client's, whom it wants to talk to: for the peer's certificate and SNI.
  enum class Side { server, client };
  static std::shared_ptr<SocketStream> make(base::AsioExecutor& executor, std::shared_ptr<base::Strand> strand,
                                            int socket, std::shared_ptr<TlsContext> context, Side side,
                                            const std::string& serverName = {});
  ~SocketStream() override;

  // Nothing to do without TLS. With `turns` each step that costs time waits for its turn, as one of `origin`.
  Task<Result<void>> handshake(std::shared_ptr<HandshakeTurns> turns = nullptr, std::string origin = {});
  // What the steps of a handshake with turns have taken so far.
  int64_t handshakeNs() const { return handshakeNs_; }
  // Null without TLS.
  ssl_st* session() const { return session_; }

  ssize_t readSome(char* to, size_t size) override;
  ssize_t writeSome(const char* from, size_t size) override;
  void whenReadable(base::Work work) override;
  void whenWritable(base::Work work) override;
  void finish() override;
  void close() override;
  bool isOpen() const;
  // As readSome, with what comes behind `text`. Coroutines read so: no buffer is a part of their frames.
  ssize_t readInto(std::string& text);
  // Whether something has been taken from the socket that nobody has read; without TLS also what is in the socket.
  bool mayHoldMore() const;
  // Whoever waits to read is called back now.
  void wakeReader();

  // The same, to be awaited. They say nothing: the next try does.
  Completion<bool> readable();
  Completion<bool> writable();
  // All of it; false when the stream is closed or breaks.
  Task<bool> writeAll(std::string bytes);

  // What was read too much is read once more. At most once, before the stream is handed on.
  void putBack(std::string bytes) { unread_ = std::move(bytes); }
  // Why a read or a write gave kFailed or kEnd, in words.
  std::string failure() const;
  // From any thread, for a connection that nobody uses: whether nothing has come, not even the end.
  bool isQuiet() const;

 private:
  struct Waits;
  SocketStream(base::AsioExecutor& executor, std::shared_ptr<base::Strand> strand, int socket);
  Task<bool> stepOfHandshake(std::shared_ptr<HandshakeTurns> turns, std::string origin, HandshakeStep step,
                             int& result);
  ssize_t outcome(int result, bool& wantsOther, bool reading);
  ssize_t failed(int systemError);
  void arm(bool forWriting);
  void ready(bool forWriting);
  void tellClosed();
  void release();

  std::shared_ptr<base::Strand> strand_;
  std::shared_ptr<TlsContext> context_;
  ssl_st* session_ = nullptr;
  int64_t handshakeNs_ = 0;
  int socket_;
  std::unique_ptr<Waits> waits_;
  base::Work onReadable_, onWritable_;
  // The session must write before it can read on, or the other way round.
  bool readWantsWrite_ = false, writeWantsRead_ = false;
  bool armedForReading_ = false, armedForWriting_ = false;
  std::string unread_;
  std::string failure_;
};

}  // namespace cleat::http
