// Exchange: one request and its answer, as a handler sees them. The handler begins when the head is there; the body is
// read when it asks for it, so that who may not send one makes the server read nothing. What carries it is none of the
// handler's business: over HTTP/1.1 a connection carries one exchange at a time, over HTTP/2 it would carry many.
#pragma once

#include <cleat/sdk/task.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/executor.h"
#include "core/http/byte_stream.h"
#include "core/http/http_message.h"

namespace cleat::http {

// Who is at the other end. Exchanges that come over the same connection have the same peer.
struct Peer {
  std::string address;                    // "192.0.2.1:40000"
  std::vector<std::string> certificates;  // DER, the peer's own first; not verified here
  std::shared_ptr<void> remembered;       // room for what a handler has found out about the peer
};

// Everything is called on the exchange's strand, where the handler begins. What is awaited here goes on there, and so
// does what is awaited through base::onStrand; a handler awaits nothing that completes elsewhere by itself.
class Exchange {
 public:
  virtual ~Exchange() = default;

  // Its body is there once it was asked for.
  virtual const Request& request() const = 0;
  // The body may be moved away.
  virtual Request& mutableRequest() = 0;
  virtual Peer& peer() = 0;
  // The client has proved who it is: its connection does not count among the strangers' any more.
  virtual void setKnown() = 0;

  // Reads the body, for who knows that this client may send one; a client that waits to be told is told now. False when
  // it does not come whole: the client has had its answer then, if it is still there.
  virtual Task<bool> readBody() = 0;
  // How much of the body is still to come; UINT64_MAX when only its end will say so.
  virtual uint64_t bodyBytesLeft() const = 0;

  // Whole lines that the head of the answer is to have, whatever it says otherwise. They live as long as the handler.
  virtual void setHeadLines(std::string_view lines) = 0;

  // The whole answer. Each of these gives false when the client has gone.
  virtual Completion<bool> send(Response response) = 0;
  // The code of the answer that was given, or begun; 0: none yet.
  virtual int answerCode() const = 0;
  // An answer in chunks, of unknown length. `write` completes when the socket has taken the bytes.
  virtual Completion<bool> begin(ResponseHead head) = 0;
  virtual Completion<bool> write(Body chunk) = 0;
  virtual Completion<bool> end() = 0;
  // A begun answer breaks off, so that the client does not take it for a whole one.
  virtual void abort() = 0;
  virtual bool aborted() const = 0;
  // While an answer is being streamed: called once, on the strand, when the client has gone or the server stops.
  virtual void onClosed(base::Work work) = 0;
  virtual bool closed() const = 0;
  // This request takes as long as it takes: the time limit on requests does not apply.
  virtual void setLongRunning() = 0;
  // It takes no longer than this from now on, if that is less than the limit on requests: whoever sent it wants that.
  virtual void limitTo(std::chrono::nanoseconds fromNow) = 0;
  // Whoever reads the answer may pause as long as they like: what waits for them here is bounded by what is written at
  // once, and that is little.
  virtual void setUnhurried() = 0;

  // Answers 101 with these fields, and gives up HTTP for what comes after them. Null when the client has gone.
  virtual Task<std::shared_ptr<ByteStream>> upgrade(Headers fields) = 0;

  virtual const std::shared_ptr<base::Strand>& strand() const = 0;
};

// The exchange lives until the task has ended.
using Handler = std::function<Task<void>(Exchange& exchange)>;

}  // namespace cleat::http
