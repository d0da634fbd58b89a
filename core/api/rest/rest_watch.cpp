// watch: what exists, if asked for, and every change after it, as one endless answer or as messages of a WebSocket. The
// hub is asked for more only when the socket has taken what there was, so a slow client costs no memory; one that falls
// behind history is told 410 and begins again.
#include <cleat/sdk/selector.h>

#include "core/api/rest/object_text.h"
#include "core/api/rest/protobuf_answer.h"
#include "core/api/rest/rest_request.h"
#include "core/api/rest/table.h"
#include "core/api/rest/watch_socket.h"
#include "core/http/wake_signal.h"

namespace cleat::api {
namespace {

constexpr size_t kBatch = 500;
constexpr size_t kLengthSize = 4;  // before each event in protobuf
constexpr int64_t kSecondNs = 1'000'000'000;
constexpr int64_t kBookmarkNs = 60 * kSecondNs;
constexpr int64_t kMinTimeoutSeconds = 1800;  // where the client names none: this much up to twice as much

struct Event {
  std::string_view type;
  object::ObjectRef object;
};

// One watch from its first event to its last. Lives in the coroutine's frame.
class WatchStream {
 public:
  WatchStream(RestRequest& request, const ListParameters& parameters, TableOptions table)
      : request_(request), executor_(request.context.executor), parameters_(parameters),
        text_(request.kind(), request.accepted.metaVersion), table_(table),
        wake_(std::make_shared<http::WakeSignal>(request.exchange.strand())),
        sent_(request.context.metrics ? &request.context.metrics->watchEvents(request.kind()) : nullptr),
        sizes_(request.context.metrics ? &request.context.metrics->watchEventSizes(request.kind()) : nullptr) {}
  ~WatchStream() {
    if (timer_) executor_.cancelTimer(timer_);
  }
  WatchStream(const WatchStream&) = delete;

  Task<void> run(std::unique_ptr<bus::Watch> watch, store::SnapshotRef initial);
  // A watch that ends before it has begun, as one that has fallen behind: with an event that says why.
  Task<void> end(Status why);

 private:
  Task<bool> begin();
  void setEnd();
  Task<bool> sendInitial(store::SnapshotRef snapshot);
  Task<bool> sendEvents(std::vector<Event> events);
  Task<bool> sendText(std::string text);
  Task<bool> write(http::Body body);
  Task<void> finish();
  bool closed() const { return socket_ ? socket_->closed() : request_.exchange.closed(); }
  Task<bool> follow();
  Completion<bool> waitForMore();
  bool kindIsGone();
  // The event that ends the body began after so many bytes of it.
  void noteSize(const http::Body& body, size_t before) {
    if (sizes_) sizes_->observe(static_cast<int64_t>(body.size() - before));
  }
  std::string bookmark(bool initialEnd) const;
  std::string failure(const Status& status) const;
  bool protobuf() const { return request_.accepted.media == Media::protobuf; }
  bool partial() const { return request_.accepted.view == View::partialMetadata; }

  RestRequest& request_;
  base::Executor& executor_;
  const ListParameters& parameters_;
  ObjectText text_;
  TableOptions table_;
  std::shared_ptr<http::WakeSignal> wake_;
  std::unique_ptr<WatchSocket> socket_;  // where the client asked for one
  base::Counter* const sent_;
  base::Histogram* const sizes_;
  std::unique_ptr<bus::Watch> watch_;
  int64_t endsAt_ = 0, nextBookmark_ = 0;
  uint64_t kindsSeen_ = 0;  // the generation of kinds among which the watched one was last found
  uint64_t bookmarked_ = 0;
  base::TimerId timer_ = 0;
};

Task<void> WatchStream::run(std::unique_ptr<bus::Watch> watch, store::SnapshotRef initial) {
  watch_ = std::move(watch);
  setEnd();
  std::shared_ptr<http::WakeSignal> wake = wake_;
  bool open = co_await begin();
  if (socket_) {
    socket_->onClosed([wake] { wake->raise(); });
  } else {
    request_.exchange.onClosed([wake] { wake->raise(); });
  }
  if (open && initial) open = co_await sendInitial(std::move(initial));
  // What it is sent from now on is sent to all who watch.
  if (request_.place) request_.place->leave();
  while (open) open = co_await follow();
  watch_.reset();
  co_await finish();
}

Task<bool> WatchStream::begin() {
  if (asksForWebSocket(request_.exchange.request())) {
    const auto framing = protobuf() ? WatchSocket::Framing::binary : WatchSocket::Framing::text;
    socket_ = co_await WatchSocket::open(request_.exchange, framing);
    co_return socket_ != nullptr;
  }
  http::ResponseHead head = headFor(request_, 200);
  if (protobuf()) head.contentType += ";stream=watch";
  co_return co_await request_.exchange.begin(std::move(head));
}

Task<void> WatchStream::end(Status why) {
  bool open = co_await begin();
  if (open) co_await sendText(failure(why));
  co_await finish();
}

Task<void> WatchStream::finish() {
  if (socket_) co_return co_await socket_->end();
  co_await request_.exchange.end();
}

Task<bool> WatchStream::write(http::Body body) {
  if (!socket_) co_return co_await request_.exchange.write(std::move(body));
  std::string message = body.flat();
  // A message says itself how long it is.
  if (protobuf()) message.erase(0, kLengthSize);
  co_return co_await socket_->send(std::move(message));
}

void WatchStream::setEnd() {
  int64_t seconds = parameters_.timeoutSeconds.value_or(0);
  if (seconds <= 0) {
    uint32_t random = 0;
    executor_.random(&random, sizeof random);
    seconds = kMinTimeoutSeconds + random % kMinTimeoutSeconds;
  }
  int64_t now = executor_.now();
  endsAt_ = now + std::min<int64_t>(seconds, 365 * 86400) * kSecondNs;
  nextBookmark_ = parameters_.allowBookmarks ? now + kBookmarkNs : INT64_MAX;
}

// What exists, piece by piece: never more at once than a batch.
Task<bool> WatchStream::sendInitial(store::SnapshotRef snapshot) {
  auto labels = LabelSelector::parse(parameters_.options.labelSelector);
  auto fields = object::FieldSelector::parse(request_.kind(), parameters_.options.fieldSelector);
  if (!labels || !fields) co_return false;  // the gate has parsed them before
  object::ObjectRef last;
  for (bool more = true; more;) {
    std::vector<Event> events;
    std::vector<object::ObjectRef> unconverted;
    store::Snapshot::Position position;
    if (last) position = {last->ns(), last->name()};
    object::ObjectRef reached;
    more = false;
    snapshot->visit(
        request_.kind(), request_.target.ns, last ? &position : nullptr, [&](const object::ObjectRef& stored) {
          if (events.size() + unconverted.size() >= kBatch) {
            more = true;
            return false;
          }
          if (!stored->isAt(request_.kind())) unconverted.push_back(stored);
          if (!unconverted.empty()) return true;
          reached = stored;
          object::ObjectRef object = stored->as(request_.kind());
          // As in a list: what cannot be read is not among them.
          bool matches = !object->knownProblem() && (fields->empty() || fields->matches(*object)) &&
                         (labels->matchesEverything() || labels->matches(object->message()->meta().getLabels()));
          if (matches) events.push_back({"ADDED", object});
          return true;
        });
    if (!unconverted.empty()) {
      more = true;
      auto asked =
          request_.ask(&gate::Gate::convert, request_.target.kind, std::move(unconverted), request_.user.place());
      Result<void> made = co_await std::move(asked);
      if (!made) {
        co_await sendText(failure(made.error()));
        co_return false;
      }
    }
    if (reached) last = std::move(reached);
    bool open = co_await sendEvents(std::move(events));
    if (!open) co_return false;
  }
  if (!parameters_.sendInitialEvents || !parameters_.allowBookmarks) co_return true;
  bookmarked_ = snapshot->revision();
  co_return co_await sendText(bookmark(true));
}

Task<bool> WatchStream::sendEvents(std::vector<Event> events) {
  if (events.empty()) co_return true;
  if (socket_ && events.size() > 1) {  // each is a message of its own
    for (Event& event : events) {
      std::vector<Event> one(1, std::move(event));
      bool open = co_await sendEvents(std::move(one));
      if (!open) co_return false;
    }
    co_return true;
  }
  if (sent_) sent_->add(events.size());
  http::Body body;
  if (protobuf()) {
    for (const Event& event : events) {
      const size_t before = body.size();
      partial() ? appendProtobufPartialEvent(body, event.type, *event.object)
                : appendProtobufEvent(body, event.type, event.object);
      noteSize(body, before);
    }
    co_return co_await write(std::move(body));
  }
  if (request_.accepted.view != View::table) {
    for (const Event& event : events) {
      const size_t before = body.size();
      body.text(R"({"type":")");
      body.text(event.type);
      body.text(R"(","object":)");
      partial() ? text_.appendPartial(body, event.object) : text_.appendWhole(body, event.object);
      body.text("}\n");
      noteSize(body, before);
    }
    co_return co_await write(std::move(body));
  }
  std::vector<object::ObjectRef> objects;
  for (const Event& event : events) objects.push_back(event.object);
  Rows rows;
  if (hasOwnColumns(request_.kind())) {
    Result<Rows> asked =
        co_await request_.ask(&gate::Gate::rows, request_.kind(), objects, gate::Gate::RowsOf::objects);
    if (!asked) {
      co_await sendText(failure(asked.error()));
      co_return false;
    }
    rows = std::move(*asked);
  } else {
    rows = defaultRows(objects);
  }
  for (size_t i = 0; i < events.size(); ++i) {
    const size_t before = body.size();
    body.text(R"({"type":")");
    body.text(events[i].type);
    body.text(R"(","object":)");
    std::string metadata = R"({"resourceVersion":")" + std::to_string(objects[i]->revision()) + R"("})";
    appendTable(body, request_.kind(), objects, rows, i, i + 1, metadata, table_);
    table_.columns = false;
    body.text("}\n");
    noteSize(body, before);
  }
  co_return co_await write(std::move(body));
}

std::string WatchStream::bookmark(bool initialEnd) const {
  const object::Kind& kind = request_.kind();
  const std::string_view metaVersion = request_.accepted.metaVersion;
  if (protobuf()) return protobufBookmark(kind, partial(), bookmarked_, initialEnd);
  if (request_.accepted.view == View::table) return tableBookmark(kind, metaVersion, bookmarked_, initialEnd);
  return bookmarkEvent(kind, partial() ? metaVersion : std::string_view(), bookmarked_, initialEnd);
}

std::string WatchStream::failure(const Status& status) const {
  return protobuf() ? protobufErrorEvent(status) : errorEvent(status);
}

Task<bool> WatchStream::sendText(std::string text) {
  http::Body body(std::move(text));
  co_return co_await write(std::move(body));
}

// One step: what there is to send, or waiting for it. False when it is over.
Task<bool> WatchStream::follow() {
  if (closed()) co_return false;
  Result<std::vector<store::Change>> changes = watch_->next(kBatch);
  if (!changes) {
    co_await sendText(failure(changes.error()));
    co_return false;
  }
  if (!changes->empty()) {
    std::vector<Event> events;
    events.reserve(changes->size());
    for (store::Change& change : *changes) events.push_back({eventType(change.type), std::move(change.object)});
    co_return co_await sendEvents(std::move(events));
  }
  int64_t now = executor_.now();
  bool ending = now >= endsAt_;
  if (parameters_.allowBookmarks && (ending || now >= nextBookmark_)) {
    nextBookmark_ = now + kBookmarkNs;
    if (watch_->cursor() > bookmarked_) {
      bookmarked_ = watch_->cursor();
      bool open = co_await sendText(bookmark(false));
      if (!open) co_return false;
    }
  }
  if (ending || kindIsGone()) co_return false;
  co_await waitForMore();
  co_return true;
}

// Whether it has been withdrawn, or another has taken its place, whose objects look otherwise: whoever wants to go on
// watches anew.
bool WatchStream::kindIsGone() {
  const object::KindRegistry& kinds = request_.context.gate.kinds();
  const uint64_t generation = kinds.generation();
  if (generation == kindsSeen_) return false;
  const object::Kind& kind = request_.kind();
  if (kinds.find(kind.group, kind.version, kind.plural).get() != &kind) return true;
  kindsSeen_ = generation;
  return false;
}

Completion<bool> WatchStream::waitForMore() {
  std::shared_ptr<http::WakeSignal> wake = wake_;
  watch_->onReady([wake] { wake->raise(); });
  if (kindIsGone()) wake->raise();  // between the last look and the waiting
  if (timer_) executor_.cancelTimer(timer_);
  int64_t next = std::min(endsAt_, nextBookmark_) - executor_.now();
  timer_ = executor_.after(std::chrono::nanoseconds(std::max<int64_t>(next, 0)), [wake] { wake->raise(); });
  return wake->wait();
}

}  // namespace

Task<void> serveWatch(RestRequest& request) {
  if (request.accepted.media == Media::yaml) {
    Status status = Status::notAcceptable(
        "only the following media types are accepted: application/json;stream=watch, "
        "application/vnd.kubernetes.protobuf;stream=watch");
    co_return co_await refuseRequest(request, std::move(status));
  }
  Result<ListParameters> parameters = readListParameters(request.query, true);
  if (!parameters) co_return co_await refuseRequest(request, parameters.error());
  if (!request.target.name.empty()) {  // a watch on one object is one on the collection that selects it
    std::string& fields = parameters->options.fieldSelector;
    const std::string own = "metadata.name=" + request.target.name;
    if (!fields.empty() && fields != own) {
      Status status = Status::badRequest("fieldSelector metadata.name doesn't match requested name");
      co_return co_await refuseRequest(request, std::move(status));
    }
    fields = own;
  }
  TableOptions table;
  auto include = parseIncludeObject(request.query.get("includeObject"));
  if (!include) co_return co_await refuseRequest(request, include.error());
  table.include = *include;
  table.metaVersion = request.accepted.metaVersion;

  store::SnapshotRef snapshot = request.context.gate.snapshot();
  bool wantsInitial = parameters->sendInitialEvents.value_or(!parameters->resourceVersionGiven);
  uint64_t revision = parameters->options.revision;
  if (wantsInitial && revision > snapshot->revision()) {
    Result<store::SnapshotRef> future = request.context.gate.snapshotAt(revision);  // says how far we are
    if (!future) co_return co_await refuseRequest(request, future.error());
    snapshot = *future;
  }
  bool fromNow = wantsInitial || !parameters->resourceVersionGiven;
  Result<std::unique_ptr<bus::Watch>> watch =
      co_await request.ask(&gate::Gate::watch, request.user, request.target, parameters->options.labelSelector,
                           parameters->options.fieldSelector, fromNow ? snapshot->revision() : revision);
  WatchStream stream(request, *parameters, table);
  if (!watch && watch.error().is(410)) co_return co_await stream.end(watch.error());
  if (!watch) co_return co_await answerError(request, watch.error());
  if (!wantsInitial) snapshot = nullptr;
  co_await stream.run(std::move(*watch), std::move(snapshot));
}

}  // namespace cleat::api
