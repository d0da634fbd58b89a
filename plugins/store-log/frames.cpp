#include "frames.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace cleat::storelog {
namespace {

constexpr uint32_t kPolynomial = 0x82f63b78;  // CRC-32C, its bits reversed
constexpr size_t kChangeHead = 24;
constexpr uint32_t kDeleted = 1u << 31;  // of the value's length

using Tables = std::array<std::array<uint32_t, 256>, 8>;

consteval Tables makeTables() {
  Tables tables{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t sum = i;
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ ((sum & 1) != 0 ? kPolynomial : 0);
    tables[0][i] = sum;
  }
  for (uint32_t i = 0; i < 256; ++i) {
    for (size_t t = 1; t < tables.size(); ++t)
      tables[t][i] = (tables[t - 1][i] >> 8) ^ tables[0][tables[t - 1][i] & 255];
  }
  return tables;
}
constexpr Tables kTables = makeTables();

template <class T>
void put(std::string& to, T value) {
  to.append(reinterpret_cast<const char*>(&value), sizeof value);
}
template <class T>
T get(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

}  // namespace

// Eight bytes at a step.
uint32_t checksum(std::string_view bytes) {
  uint32_t sum = ~0u;
  const char* at = bytes.data();
  size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) {
    const uint32_t low = get<uint32_t>(at) ^ sum, high = get<uint32_t>(at + 4);
    sum = kTables[7][low & 255] ^ kTables[6][low >> 8 & 255] ^ kTables[5][low >> 16 & 255] ^ kTables[4][low >> 24] ^
          kTables[3][high & 255] ^ kTables[2][high >> 8 & 255] ^ kTables[1][high >> 16 & 255] ^ kTables[0][high >> 24];
  }
  for (; left > 0; --left, ++at) sum = (sum >> 8) ^ kTables[0][(sum ^ static_cast<unsigned char>(*at)) & 255];
  return ~sum;
}

void addChange(std::string& content, const Change& change) {
  put(content, change.revision);
  put(content, change.replaces);
  put(content, static_cast<uint32_t>(change.key.size()));
  put(content, static_cast<uint32_t>(change.value.size()) | (change.deleted ? kDeleted : 0));
  content += change.key;
  content += change.value;
}

std::string frameOf(std::string_view content) {
  std::string frame;
  frame.reserve(kFrameHead + content.size());
  put(frame, static_cast<uint32_t>(content.size()));
  put(frame, checksum(content));
  frame += content;
  return frame;
}

bool eachChange(std::string_view content, const std::function<void(const Change&)>& visit) {
  while (!content.empty()) {
    if (content.size() < kChangeHead) return false;
    const uint32_t key = get<uint32_t>(content.data() + 16), value = get<uint32_t>(content.data() + 20) & ~kDeleted;
    if (content.size() < kChangeHead + uint64_t{key} + value) return false;
    visit({content.substr(kChangeHead, key), get<uint64_t>(content.data()), get<uint64_t>(content.data() + 8),
           (get<uint32_t>(content.data() + 20) & kDeleted) != 0, content.substr(kChangeHead + key, value)});
    content.remove_prefix(kChangeHead + key + value);
  }
  return true;
}

Result<size_t> readAt(int fd, uint64_t offset, char* into, size_t size) {
  size_t have = 0;
  while (have < size) {
    const ssize_t got = ::pread(fd, into + have, size - have, static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(systemError("cannot read the log", errno));
    if (got == 0) break;
    have += static_cast<size_t>(got);
  }
  return have;
}

Result<FrameReader::Found> FrameReader::look(uint64_t offset, std::string& into) const {
  std::array<char, kFrameHead> head{};
  CLEAT_TRY(const size_t got, readAt(fd_, offset, head.data(), head.size()));
  const uint32_t size = get<uint32_t>(head.data());
  // Room that was taken beforehand has zeros in it.
  if (got < head.size() || size == 0) return got == 0 || size == 0 ? Found::end : Found::damage;
  if (size > kMostFrameBytes) return Found::damage;
  into.resize(size);
  CLEAT_TRY(const size_t read, readAt(fd_, offset + kFrameHead, into.data(), size));
  return read == size && checksum(into) == get<uint32_t>(head.data() + 4) ? Found::frame : Found::damage;
}

Result<FrameReader::Found> FrameReader::next(std::string_view& content) {
  CLEAT_TRY(const Found found, look(offset_, content_));
  if (found != Found::frame) return found;
  content = content_;
  offset_ += kFrameHead + content_.size();
  return found;
}

}  // namespace cleat::storelog
