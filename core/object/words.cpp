#include "core/object/words.h"

namespace cleat::object::words {

namespace {

bool sameBits(const uint64_t* a, const uint64_t* b, size_t bits) {
  if (std::memcmp(a, b, bits / 8) != 0) return false;
  const unsigned rest = bits % 8;
  if (rest == 0) return true;
  const uint8_t last = static_cast<uint8_t>(reinterpret_cast<const uint8_t*>(a)[bits / 8] ^
                                            reinterpret_cast<const uint8_t*>(b)[bits / 8]);
  return (last & ((1u << rest) - 1)) == 0;
}

bool sameList(const ListView& a, const ListView& b) {
  if (a.count != b.count || a.size != b.size) return false;
  static constexpr uint8_t kBits[] = {0, 1, 8, 16, 32, 64};
  switch (a.size) {
    case ElementSize::composite:
      for (uint32_t i = 0; i < a.count; ++i) {
        if (!sameStruct(a.element(i), b.element(i))) return false;
      }
      return true;
    case ElementSize::pointer:
      for (uint32_t i = 0; i < a.count; ++i) {
        if (!samePointer(a.pointer(i), b.pointer(i))) return false;
      }
      return true;
    default: return sameBits(a.data, b.data, size_t{a.count} * kBits[static_cast<size_t>(a.size)]);
  }
}

}  // namespace

bool samePointer(const uint64_t* a, const uint64_t* b) {
  if (!a || !b) return a == b;
  if (std::optional<StructView> left = structAt(a)) {
    const std::optional<StructView> right = structAt(b);
    return right && sameStruct(*left, *right);
  }
  const std::optional<ListView> left = listAt(a), right = listAt(b);
  return left && right && sameList(*left, *right);
}

bool sameStruct(const StructView& a, const StructView& b, Overlooked overlooked) {
  for (uint32_t i = 0; i < std::max(a.dataWords, b.dataWords); ++i) {
    const uint64_t left = i < a.dataWords ? a.data[i] : 0, right = i < b.dataWords ? b.data[i] : 0;
    if (left != right && i != overlooked.word) return false;
  }
  for (uint32_t i = 0; i < std::max(a.pointerCount, b.pointerCount); ++i) {
    if (i == overlooked.pointer1 || i == overlooked.pointer2) continue;
    if (!samePointer(a.pointer(i), b.pointer(i))) return false;
  }
  return true;
}

void WordWriter::grow(size_t count) {
  constexpr size_t kFirst = 1024;
  if (used_ + count > maxWords_) throw TooManyWords("more than " + std::to_string(maxWords_) + " words");
  words_.resize(std::min(maxWords_, std::max({used_ + count, 2 * words_.size(), kFirst})));
}

void WordWriter::copyPointer(size_t pointer, const uint64_t* from) {
  if (!from || *from == 0) return;
  if (std::optional<StructView> view = structAt(from)) {
    const size_t at = initStruct(pointer, view->dataWords, view->pointerCount);
    return copyStruct(at, view->dataWords, view->pointerCount, *view);
  }
  const std::optional<ListView> list = listAt(from);
  if (!list) return;
  if (list->size == ElementSize::composite) {
    const size_t stride = size_t{list->dataWords} + list->pointerCount;
    const size_t first = initStructList(pointer, list->count, list->dataWords, list->pointerCount);
    for (uint32_t i = 0; i < list->count; ++i) {
      copyStruct(first + i * stride, list->dataWords, list->pointerCount, list->element(i));
    }
    return;
  }
  const size_t first = initList(pointer, list->size, list->count);
  if (list->size == ElementSize::pointer) {
    for (uint32_t i = 0; i < list->count; ++i) copyPointer(first + i, list->data + i);
    return;
  }
  const size_t count = used_ - first;
  if (count > 0) std::memcpy(words_.data() + first, list->data, count * sizeof(uint64_t));
}

void WordWriter::copyStruct(size_t at, uint16_t dataWords, uint16_t pointerCount, const StructView& from) {
  const size_t data = std::min(dataWords, from.dataWords);
  if (data > 0) std::memcpy(words_.data() + at, from.data, data * sizeof(uint64_t));
  for (uint32_t i = 0; i < std::min(pointerCount, from.pointerCount); ++i) {
    copyPointer(at + dataWords + i, from.pointer(i));
  }
}

}  // namespace cleat::object::words
