#include "core/bus/shared_watch.h"

#include <algorithm>
#include <iterator>

#include "core/base/log.h"
#include "core/bus/rest.h"

namespace cleat::bus {
namespace {

using namespace std::chrono_literals;
using store::ChangeType;
using store::ObjectMap;

constexpr uint32_t kPageSize = 500;
constexpr std::chrono::nanoseconds kFirstPause = 500ms, kLongestPause = 30s;
// A server ends a watch after a while, each at another time so that not all come back at once.
constexpr uint64_t kWatchSeconds = 300;
constexpr size_t kMaxEventBytes = 32u << 20;
// A server that refuses (no such kind, not allowed) may be on its way up, so it is asked this often before we believe
// it.
constexpr int kMaxRefusals = 5;

ObjectMap::Key keyOf(const object::Object& object) { return {object.ns(), object.name()}; }

std::string describe(const Target& target, const std::string& labels, const std::string& fields) {
  std::string text = target.kind->resource();
  if (!target.ns.empty()) text += " in " + target.ns;
  if (!labels.empty()) text += " with " + labels;
  if (!fields.empty()) text += " where " + fields;
  return text;
}

bool isRefusal(const Status& failure) { return failure.code == 403 || failure.code == 404 || failure.code == 405; }

}  // namespace

// Cuts what arrives into lines, each an event. The response of a refused watch is one Status instead.
class SharedWatch::WatchReceiver final : public http::ResponseReceiver {
 public:
  WatchReceiver(std::shared_ptr<SharedWatch> watch, Completion<Ended> done)
      : watch_(std::move(watch)), done_(std::move(done)) {}

  // What has come is not to be followed further.
  bool failed() const { return failed_.load(std::memory_order_acquire); }

  void onHead(http::ClientHead head) override { response_.head = std::move(head); }

  void onBody(std::string_view piece) override {
    if (failure_) return;
    response_.body.append(piece);
    if (response_.head.status == 200) takeLines();
    if (response_.body.size() > kMaxEventBytes) {
      failure_ = Status::tooLarge("an event is longer than " + std::to_string(kMaxEventBytes) + " bytes");
    }
    if (!failure_) return;
    failed_.store(true, std::memory_order_release);
    watch_->endWatch();
  }

  void onEnd(std::optional<Status> failure) override {
    if (!failure_ && !failure && response_.head.status != 200) failure = statusOf(response_);
    if (failure_) failure = std::move(failure_);
    watch_ = nullptr;
    done_.complete({std::move(failure), sawEvents_});
  }

 private:
  void takeLines() {
    std::string& text = response_.body;
    size_t begin = 0;
    for (size_t end; !failure_ && (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
      if (end == begin) continue;
      watch_->takeEvent(std::string_view(text).substr(begin, end - begin), failure_);
      sawEvents_ = true;
    }
    text.erase(0, begin);
    watch_->publish();
  }

  std::shared_ptr<SharedWatch> watch_;
  Completion<Ended> done_;
  http::ClientResponse response_;
  std::optional<Status> failure_;
  std::atomic<bool> failed_{false};
  bool sawEvents_ = false;
};

SharedWatch::SharedWatch(base::Executor& executor, std::shared_ptr<http::HttpClient> client, Target target,
                         std::string labelSelector, std::string fieldSelector)
    : executor_(executor), client_(std::move(client)), target_(std::move(target)),
      labelSelector_(std::move(labelSelector)), fieldSelector_(std::move(fieldSelector)),
      description_(describe(target_, labelSelector_, fieldSelector_)), state_(makeRef<SharedWatchState>()) {}

SharedWatch::~SharedWatch() = default;

void SharedWatch::start() { spawn(run(shared_from_this())); }

void SharedWatch::stop() {
  stopped_.store(true, std::memory_order_release);
  endWatch();
  std::optional<Completion<bool>> waiting;
  {
    MutexLock lock(mutex_);
    if (pause_ && executor_.cancelTimer(pause_->timer)) waiting = pause_->over;
  }
  if (waiting) waiting->complete(true);
}

void SharedWatch::endWatch() {
  std::shared_ptr<http::ClientExchange> exchange;
  {
    MutexLock lock(mutex_);
    exchange = exchange_;
  }
  if (exchange) exchange->cancel();
}

Task<void> SharedWatch::run(std::shared_ptr<SharedWatch>) {
  while (!stopped()) {
    if (revision_ == 0) {
      Result<void> listed = co_await list();
      if (stopped()) break;
      if (!listed) {
        if (gaveUp(listed.error())) break;
        co_await pause();
        continue;
      }
    }
    int64_t began = executor_.now();
    Ended ended = co_await watch();
    if (stopped()) break;
    if (ended.sawEvents) failures_ = 0;
    if (ended.failure && ended.failure->is(410)) {
      base::log(base::LogLevel::info, "mirror", description_ + ": the server has lost our place, listing again");
      revision_ = 0;
    } else if (ended.failure) {
      if (gaveUp(*ended.failure)) break;
      co_await pause();
    } else if (executor_.now() - began < std::chrono::nanoseconds(1s).count()) {
      co_await pause();  // a server that ends watches as soon as they begin
    }
  }
}

bool SharedWatch::gaveUp(const Status& failure) {
  ++failures_;
  if (failures_ == 1) {
    base::log(base::LogLevel::warn, "mirror", description_ + ": " + failure.message + "; trying again");
  }
  refusals_ = isRefusal(failure) ? refusals_ + 1 : 0;
  Ref<const SharedWatchState> before = state_.get();
  if (refusals_ < kMaxRefusals || before->synced) return false;
  Ref<SharedWatchState> next = makeRef<SharedWatchState>();
  next->failure = failure;
  state_.set(std::move(next));
  waiting_.wakeAll();
  return true;
}

Task<void> SharedWatch::pause() {
  auto longest = kFirstPause * (1 << std::min(std::max(failures_ - 1, 0), 8));
  if (longest > kLongestPause) longest = kLongestPause;
  uint32_t random = 0;
  executor_.random(&random, sizeof random);
  auto delay = longest / 2 + std::chrono::nanoseconds(random % static_cast<uint64_t>(longest.count() / 2));
  Completion<bool> over;
  {
    MutexLock lock(mutex_);
    if (stopped()) co_return;
    base::TimerId timer = executor_.after(delay, [over]() mutable { over.complete(true); });
    pause_ = Pause{timer, over};
  }
  co_await over;
  MutexLock lock(mutex_);
  pause_.reset();
}

Task<Result<void>> SharedWatch::list() {
  std::vector<ObjectRef> objects;
  std::string continueToken;
  for (;;) {
    QueryText query;
    query.add("labelSelector", labelSelector_).add("fieldSelector", fieldSelector_).add("limit", kPageSize);
    query.add("continue", continueToken);
    http::ClientRequest request;
    request.target = query.on(restPath(target_));
    CLEAT_CO_TRY(auto response, co_await client_->send(std::move(request)));
    if (response.head.status != 200) co_return fail(statusOf(response));
    CLEAT_CO_TRY(auto page, listOf(*target_.kind, response.body));
    std::ranges::move(page.objects, std::back_inserter(objects));
    continueToken = page.continueToken;
    if (!continueToken.empty()) continue;
    if (failures_ > 0) base::log(base::LogLevel::info, "mirror", description_ + ": listed");
    failures_ = 0;
    refusals_ = 0;
    takeList(std::move(objects), page.revision);
    co_return Result<void>();
  }
}

Task<SharedWatch::Ended> SharedWatch::watch() {
  uint16_t random = 0;
  executor_.random(&random, sizeof random);
  uint64_t seconds = kWatchSeconds + random % kWatchSeconds;
  QueryText query;
  query.add("watch", "true").add("allowWatchBookmarks", "true").add("resourceVersion", revision_);
  query.add("labelSelector", labelSelector_).add("fieldSelector", fieldSelector_).add("timeoutSeconds", seconds);
  http::ClientRequest request;
  request.target = query.on(restPath(target_));
  request.timeout = std::chrono::seconds(seconds + 30);
  request.endless = true;
  Completion<Ended> done;
  auto receiver = std::make_shared<WatchReceiver>(shared_from_this(), done);
  auto exchange = client_->start(std::move(request), receiver);
  {
    MutexLock lock(mutex_);
    exchange_ = exchange;
  }
  // Either may have happened before there was something to cancel.
  if (stopped() || receiver->failed()) exchange->cancel();
  Ended ended = co_await done;
  MutexLock lock(mutex_);
  exchange_ = nullptr;
  co_return ended;
}

void SharedWatch::takeList(std::vector<ObjectRef> objects, uint64_t revision) {
  bool first = !state_.get()->synced;
  ObjectMap before = std::move(objects_);
  objects_ = ObjectMap();
  for (ObjectRef& object : objects) {
    ObjectRef known = before.find(keyOf(*object));
    bool same = known && known->revision() == object->revision();
    objects_.set(same ? known : object);  // one copy is enough
    if (!same && !first) record(known ? ChangeType::modified : ChangeType::added, std::move(object));
  }
  before.visit({}, ObjectMap::Begin::at, [&](const ObjectRef& known) {
    if (!objects_.find(keyOf(*known))) record(ChangeType::deleted, known);
    return true;
  });
  revision_ = revision;
  publish();
}

// Of a change as servers write it, which is all but a few: its type, and the object where it stands. Nothing of the
// others, which are read as what they are.
std::optional<SharedWatch::PlainEvent> SharedWatch::plainEvent(std::string_view line) {
  constexpr std::string_view kBegin = R"({"type":")", kMiddle = R"(","object":{)";
  if (!line.starts_with(kBegin) || !line.ends_with("}}")) return std::nullopt;
  for (std::string_view type : {"ADDED", "MODIFIED", "DELETED"}) {
    const std::string_view rest = line.substr(kBegin.size());
    if (!rest.starts_with(type) || !rest.substr(type.size()).starts_with(kMiddle)) continue;
    std::string_view object = rest.substr(type.size() + kMiddle.size() - 1);
    object.remove_suffix(1);
    return PlainEvent{type, object};
  }
  return std::nullopt;
}

void SharedWatch::takeEvent(std::string_view line, std::optional<Status>& failure) {
  if (const std::optional<PlainEvent> plain = plainEvent(line)) {
    auto object = objectOf(*target_.kind, plain->object);
    if (object) return takeObject(plain->type, std::move(*object));
  }
  auto value = object::parseJson(line, {.maxBytes = kMaxEventBytes, .maxDepth = 200});
  const boost::json::object* event = value ? value->if_object() : nullptr;
  const boost::json::value* type = event ? event->if_contains("type") : nullptr;
  const boost::json::value* body = event ? event->if_contains("object") : nullptr;
  if (type == nullptr || !type->is_string() || body == nullptr) {
    failure = Status::internal("the server sent a malformed event");
    return;
  }
  std::string_view name = type->get_string();
  if (name == "ERROR") {
    failure = statusOf(*body, 500);
    return;
  }
  auto object = objectOf(*target_.kind, *body);
  if (!object) {
    // Asking again would bring it again: the others matter more.
    base::log(base::LogLevel::error, "mirror", description_ + ": an object is unreadable: " + object.error().message);
    return;
  }
  takeObject(name, std::move(*object));
}

void SharedWatch::takeObject(std::string_view type, ObjectRef object) {
  revision_ = object->revision();
  if (type == "BOOKMARK") return;
  if (type == "DELETED") {
    if (objects_.erase(keyOf(*object))) record(ChangeType::deleted, object);
    return;
  }
  ObjectRef known = objects_.set(object);
  record(known ? ChangeType::modified : ChangeType::added, std::move(object));
}

void SharedWatch::record(ChangeType type, ObjectRef object) {
  history_.append({type, ++changes_, std::move(object), nullptr});
}

void SharedWatch::publish() {
  Ref<SharedWatchState> next = makeRef<SharedWatchState>();
  next->synced = true;
  next->objects = objects_;
  next->revision = revision_;
  next->changes = changes_;
  bool news = !state_.get()->synced || state_.get()->changes != changes_;
  state_.set(std::move(next));
  if (changes_ > kKeptChanges) history_.giveUp(changes_ - kKeptChanges);
  if (news) waiting_.wakeAll();
}

}  // namespace cleat::bus
