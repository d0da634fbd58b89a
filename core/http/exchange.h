// Exchange: one request and its answer, as a handler sees them. What carries it is none of the handler's business: over
// HTTP/1.1 a connection carries one exchange at a time, over HTTP/2 it would carry many.
#pragma once

#include <cleat/sdk/task.h>

#include <functional>
#include <memory>
#include <string>
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

  virtual const Request& request() const = 0;
  // The body may be moved away.
  virtual Request& mutableRequest() = 0;
  virtual Peer& peer() = 0;

  // The whole answer. Each of these gives false when the client has gone.
  virtual Completion<bool> send(Response response) = 0;
  // An answer in chunks, of unknown length. `write` completes when the socket has taken the bytes.
  virtual Completion<bool> begin(ResponseHead head) = 0;
  virtual Completion<bool> write(Body chunk) = 0;
  virtual Completion<bool> end() = 0;
  // A begun answer breaks off, so that the client does not take it for a whole one.
  virtual void abort() = 0;
  // While an answer is being streamed: called once, on the strand, when the client has gone or the server stops.
  virtual void onClosed(base::Work work) = 0;
  virtual bool closed() const = 0;
  // This request takes as long as it takes: the time limit on requests does not apply.
  virtual void setLongRunning() = 0;

  // Answers 101 with these fields, and gives up HTTP for what comes after them. Null when the client has gone.
  virtual Task<std::shared_ptr<ByteStream>> upgrade(Headers fields) = 0;

  virtual const std::shared_ptr<base::Strand>& strand() const = 0;
};

// The exchange lives until the task has ended.
using Handler = std::function<Task<void>(Exchange& exchange)>;

}  // namespace cleat::http
