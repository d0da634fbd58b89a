#include "core/object/taken_words.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

namespace cleat::object {
namespace {

// A bit for each word of a message: whether a pointer leads to it.
class WordSet {
 public:
  explicit WordSet(size_t words) {
    const size_t blocks = words / 64 + 1;
    if (blocks <= few_.size()) {
      bits_ = few_.data();
    } else {
      many_.resize(blocks);
      bits_ = many_.data();
    }
    std::fill_n(bits_, blocks, 0);
  }
  WordSet(const WordSet&) = delete;

  // False where one of them is in it already.
  bool add(size_t begin, size_t count) {
    while (count > 0) {
      const size_t shift = begin % 64, part = std::min(count, 64 - shift);
      const uint64_t mask = (part == 64 ? ~uint64_t{0} : (uint64_t{1} << part) - 1) << shift;
      uint64_t& block = bits_[begin / 64];
      if (block & mask) return false;
      block |= mask;
      begin += part;
      count -= part;
    }
    return true;
  }
  uint64_t block(size_t number) const { return bits_[number]; }

 private:
  std::array<uint64_t, 64> few_;
  std::vector<uint64_t> many_;
  uint64_t* bits_;
};

// Follows all pointers of a message, each to words of its own.
class Walk {
 public:
  explicit Walk(Words words) : words_(words), reached_(words.size()) {}

  // Whether that can be done.
  bool all(int maxNesting) { return (words_[0] & 3) == 0 && words_[0] != 0 && reach(0, 1) && follow(0, maxNesting); }
  // How many words were reached, and where the last of them ends.
  size_t count() const { return count_; }
  size_t end() const { return end_; }
  const WordSet& reached() const { return reached_; }

 private:
  bool reach(int64_t begin, size_t count) {
    const size_t size = words_.size();
    if (begin < 0 || static_cast<size_t>(begin) > size || count > size - static_cast<size_t>(begin)) return false;
    count_ += count;
    end_ = std::max(end_, static_cast<size_t>(begin) + count);
    return reached_.add(static_cast<size_t>(begin), count);
  }

  // The pointer in the word at `place`.
  bool follow(size_t place, int depth) {
    const uint64_t pointer = words_[place];
    if (pointer == 0) return true;
    if (depth == 0) return false;
    const int64_t target = static_cast<int64_t>(place) + 1 + (static_cast<int32_t>(pointer) >> 2);
    switch (pointer & 3) {
      case 0: return structAt(target, pointer >> 32 & 0xffff, pointer >> 48, depth);
      case 1: return listAt(target, pointer, depth);
      default: return false;  // into another segment, or no data at all
    }
  }

  bool structAt(int64_t begin, size_t data, size_t pointers, int depth) {
    if (data + pointers == 0) return true;
    return reach(begin, data + pointers) && followEach(static_cast<size_t>(begin) + data, pointers, depth);
  }

  bool followEach(size_t begin, size_t count, int depth) {
    for (size_t i = begin; i < begin + count; ++i) {
      if (!follow(i, depth - 1)) return false;
    }
    return true;
  }

  bool listAt(int64_t begin, uint64_t pointer, int depth) {
    static constexpr std::array<uint8_t, 6> kBits{0, 1, 8, 16, 32, 64};
    const size_t size = pointer >> 32 & 7, count = pointer >> 35;
    if (size == 7) return structsAt(begin, count, depth);
    if (size == 6) return reach(begin, count) && followEach(static_cast<size_t>(begin), count, depth);
    // Of nothing there can be any number in no words.
    if (size == 0) return count == 0;
    return reach(begin, (count * kBits[size] + 63) / 64);
  }

  // A list of structs, which a word stands before that says how many of which size.
  bool structsAt(int64_t begin, size_t count, int depth) {
    if (!reach(begin, count + 1)) return false;
    const uint64_t tag = words_[static_cast<size_t>(begin)];
    const size_t elements = (tag & 0xffffffff) >> 2, data = tag >> 32 & 0xffff, pointers = tag >> 48;
    if ((tag & 3) != 0 || elements * (data + pointers) != count || (count == 0 && elements > 0)) return false;
    if (pointers == 0) return true;
    for (size_t i = 0, at = static_cast<size_t>(begin) + 1; i < elements; ++i, at += data + pointers) {
      if (!followEach(at + data, pointers, depth)) return false;
    }
    return true;
  }

  Words words_;
  WordSet reached_;
  size_t count_ = 0, end_ = 0;
};

}  // namespace

Ref<Message> takeWords(Words words, int maxNesting) {
  Walk walk(words);
  if (!walk.all(maxNesting) || walk.count() * 2 < walk.end()) return {};
  Ref<Message> taken = Message::of(words.first(walk.end()));
  uint64_t* to = taken->mutableWords();
  for (size_t begin = 0; begin < walk.end(); begin += 64) {
    const size_t count = std::min<size_t>(64, walk.end() - begin);
    const uint64_t block = walk.reached().block(begin / 64);
    if (block == ~uint64_t{0}) continue;
    for (size_t i = 0; i < count; ++i) {
      if (!(block >> i & 1)) to[begin + i] = 0;
    }
  }
  return taken;
}

}  // namespace cleat::object
