// Frames: what the host and an isolated plugin's process say to each other over their socket. A frame is a header of 64
// bytes and a body of words: a message, the objects that go with it, and a text. Both ends are the same program, so the
// form needs no version; but the child runs a plugin that may have written anywhere, so the host believes no size in
// it.
#pragma once

#include <cleat_abi.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/host/link.h"

namespace cleat::host {

enum class FrameType : uint32_t {
  // To the child.
  start = 1,   // message: the PluginConfig; id: 1 where the clock is moved by hand, and says the same as in `clock`
  call,        // id, interface, method, remaining time, message, objects
  cancelCall,  // id
  reply,       // id, status, message, objects
  changes,     // id, objects, each with the type of its change
  stop,
  // From the child.
  ready,          // status, text
  log,            // status: the level; text
  request,        // as call
  cancelRequest,  // id
  answer,         // as reply
  delivered,      // id: the last changes were taken
  confined,       // text: what of its confinement could not be had
  slotRead,       // the server's slot is free again; the two sockets' own (shared_body.h)
  stuck,          // status: 1 when it has returned after all; remainingNs: how long it takes; text: the callback
  // To the child again, and what it says to it, where the clock is moved by hand.
  clock,    // id: to be said again; remainingNs: what it is to show; interfaceId: the time of day then
  settled,  // id; remainingNs: when the next timer is due. All that was due has been done.
};

struct FrameHeader {
  uint32_t magic;
  FrameType type;
  uint64_t id;
  uint64_t interfaceId;
  // The two processes may have different clocks. Of an `answer`, `delivered` and `ready`: how long the plugin's
  // callbacks have run in all.
  int64_t remainingNs;
  uint32_t method;
  int32_t status;
  uint32_t messageWords;
  uint32_t objectCount;
  uint32_t textBytes;
  uint32_t place;  // of the body, a BodyPlace
  uint64_t bodyWords;
};
enum BodyPlace : uint32_t {
  kBehindHeader = 0,
  kInSealedMemory,  // whose descriptor comes with the header (shared_body.h)
  kInSlot,          // whose descriptor comes with the first header that says so
};
// Beside the place: the descriptor of a call's stream comes with the header, after that of the body.
inline constexpr uint32_t kWithStream = 1u << 31;
static_assert(sizeof(FrameHeader) == 64);

inline constexpr uint32_t kFrameMagic = 0x464c43;
inline constexpr uint64_t kMostWordsFromChild = 8u << 20;  // 64 MiB

using FrameWords = std::vector<uint64_t>;

// What a frame says besides its payload.
struct FrameFields {
  FrameType type = FrameType::log;
  uint64_t id = 0;
  uint64_t interfaceId = 0;
  int64_t remainingNs = 0;
  uint32_t method = 0;
  int32_t status = 0;
};

FrameWords encodeFrame(const FrameFields& fields, const Payload& payload = {});
FrameWords encodeFrame(const FrameFields& fields, const std::vector<LinkChange>& changes);
FrameWords encodeFrame(const FrameFields& fields, std::string_view text);
// Of what a plugin passed; empty when it is larger than a child may send.
FrameWords encodeFrame(const FrameFields& fields, const cleat_payload* payload);

// A frame that has come, as views into its body.
struct ReceivedFrame {
  FrameHeader header;
  cleat_payload payload;
  std::vector<cleat_object> objects;
  std::vector<uint32_t> changeTypes;
  std::string_view text;
  gate::StreamEnd stream = {};  // of a `call` or `request` that has one
};

// When what the sender gives so much time for is due, 0 for no time limit. However much it gives, at the end of the
// clock at the latest.
int64_t deadlineOf(const FrameHeader& header, int64_t now);

// Nothing when the sizes in it do not fit together. The views are good as long as `body` is.
std::optional<ReceivedFrame> decodeFrame(const FrameHeader& header, std::span<const uint64_t> body);

// In the child, of frames that the host sent: the messages in them, as own copies.
Payload takeTrusted(const ReceivedFrame& frame);
std::vector<LinkChange> takeTrustedChanges(const ReceivedFrame& frame);

}  // namespace cleat::host
