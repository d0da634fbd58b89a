#include "core/host/isolation/frames.h"

#include <cstring>

namespace cleat::host {
namespace {

constexpr size_t kHeaderWords = sizeof(FrameHeader) / sizeof(uint64_t);
constexpr size_t kObjectHeaderWords = 2;

struct ObjectHeader {
  uint64_t revision;
  uint32_t changeType;
  uint32_t words;
};
static_assert(sizeof(ObjectHeader) == kObjectHeaderWords * sizeof(uint64_t));

// Writes a frame whose size is known before.
class FrameWriter {
 public:
  FrameWriter(const FrameFields& fields, size_t bodyWords) {
    words_.reserve(kHeaderWords + bodyWords);
    words_.resize(kHeaderWords);
    header_ = {
        kFrameMagic, fields.type, fields.id, fields.interfaceId, fields.remainingNs, fields.method, fields.status, 0, 0,
        0,           0,           0};
  }
  void message(const uint64_t* data, size_t count) {
    header_.messageWords = static_cast<uint32_t>(count);
    words_.insert(words_.end(), data, data + count);
  }
  void object(uint64_t revision, uint32_t changeType, const uint64_t* data, size_t count) {
    ObjectHeader header{revision, changeType, static_cast<uint32_t>(count)};
    uint64_t raw[kObjectHeaderWords];
    std::memcpy(raw, &header, sizeof header);
    words_.insert(words_.end(), raw, raw + kObjectHeaderWords);
    words_.insert(words_.end(), data, data + count);
    ++header_.objectCount;
  }
  void text(std::string_view text) {
    header_.textBytes = static_cast<uint32_t>(text.size());
    size_t begin = words_.size();
    words_.resize(begin + (text.size() + 7) / 8);
    std::memcpy(words_.data() + begin, text.data(), text.size());
  }
  FrameWords finish() {
    header_.bodyWords = words_.size() - kHeaderWords;
    std::memcpy(words_.data(), &header_, sizeof header_);
    return std::move(words_);
  }

 private:
  FrameHeader header_;
  FrameWords words_;
};

}  // namespace

FrameWords encodeFrame(const FrameFields& fields, const Payload& payload) {
  size_t total = payload.message ? payload.message->words().size() : 0;
  for (const auto& object : payload.objects) total += kObjectHeaderWords + object.message->words().size();
  FrameWriter writer(fields, total);
  if (payload.message) writer.message(payload.message->words().data(), payload.message->words().size());
  for (const auto& object : payload.objects) {
    writer.object(object.revision, 0, object.message->words().data(), object.message->words().size());
  }
  return writer.finish();
}

FrameWords encodeFrame(const FrameFields& fields, const std::vector<LinkChange>& changes) {
  size_t total = 0;
  for (const auto& change : changes) {
    total += kObjectHeaderWords + (change.object ? change.object->words().size() : 0);
  }
  FrameWriter writer(fields, total);
  for (const auto& change : changes) {
    object::Words words = change.object ? change.object->words() : object::Words();
    writer.object(change.revision, change.type, words.data(), words.size());
  }
  return writer.finish();
}

FrameWords encodeFrame(const FrameFields& fields, std::string_view text) {
  FrameWriter writer(fields, text.size() / 8 + 1);
  writer.text(text);
  return writer.finish();
}

FrameWords encodeFrame(const FrameFields& fields, const cleat_payload* payload) {
  if (!payload) return encodeFrame(fields, Payload{});
  uint64_t total = payload->message.count;
  for (uint64_t i = 0; i < payload->object_count; ++i) {
    if (total > kMostWordsFromChild) return {};
    total += kObjectHeaderWords + payload->objects[i].words.count;
  }
  if (total > kMostWordsFromChild) return {};
  FrameWriter writer(fields, total);
  writer.message(payload->message.data, payload->message.count);
  for (uint64_t i = 0; i < payload->object_count; ++i) {
    const cleat_object& object = payload->objects[i];
    writer.object(object.revision, 0, object.words.data, object.words.count);
  }
  return writer.finish();
}

int64_t deadlineOf(const FrameHeader& header, int64_t now) {
  if (header.remainingNs <= 0) return 0;
  return laterBy(now, header.remainingNs);
}

std::optional<ReceivedFrame> decodeFrame(const FrameHeader& header, std::span<const uint64_t> body) {
  ReceivedFrame frame{header, {}, {}, {}, {}, {}};
  if (header.messageWords > body.size()) return std::nullopt;
  frame.payload.message = {body.data(), header.messageWords};
  body = body.subspan(header.messageWords);
  if (header.objectCount > body.size() / kObjectHeaderWords) return std::nullopt;
  frame.objects.reserve(header.objectCount);
  frame.changeTypes.reserve(header.objectCount);
  for (uint32_t i = 0; i < header.objectCount; ++i) {
    if (body.size() < kObjectHeaderWords) return std::nullopt;
    ObjectHeader object;
    std::memcpy(&object, body.data(), sizeof object);
    body = body.subspan(kObjectHeaderWords);
    if (object.words > body.size()) return std::nullopt;
    frame.objects.push_back({{body.data(), object.words}, object.revision, nullptr});
    frame.changeTypes.push_back(object.changeType);
    body = body.subspan(object.words);
  }
  if (body.size() != (size_t{header.textBytes} + 7) / 8) return std::nullopt;
  frame.text = {reinterpret_cast<const char*>(body.data()), header.textBytes};
  return frame;
}

namespace {

Ref<const Message> copyOf(const cleat_words& words) {
  if (words.count == 0) return nullptr;
  return Message::of({words.data, words.count});
}

}  // namespace

Payload takeTrusted(const ReceivedFrame& frame) {
  Payload payload;
  payload.message = copyOf(frame.payload.message);
  payload.objects.reserve(frame.objects.size());
  for (const auto& object : frame.objects) payload.objects.push_back({copyOf(object.words), object.revision});
  return payload;
}

std::vector<LinkChange> takeTrustedChanges(const ReceivedFrame& frame) {
  std::vector<LinkChange> changes;
  changes.reserve(frame.objects.size());
  for (size_t i = 0; i < frame.objects.size(); ++i) {
    const cleat_object& object = frame.objects[i];
    changes.push_back({frame.changeTypes[i], object.revision, copyOf(object.words)});
  }
  return changes;
}

}  // namespace cleat::host
