#include "core/object/words.h"

namespace cleat::object::words {

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
