// Cap'n Proto lists have a fixed size: to add or remove an element one makes a new list and gives it to the parent.
// These make the list; `adopt…` is the parent's generated setter for it.
//
//   std::vector<Toleration::Reader> kept = …;
//   spec.adoptTolerations(listOf<Toleration>(orphanageOf(spec), kept));
//   spec.adoptArgs(textList(orphanageOf(spec), {"--v=2"}));
//   auto ports = extended<ContainerPort>(spec.disownPorts(), orphanageOf(spec), 1);  // one more, at the end
#pragma once

#include <capnp/message.h>
#include <capnp/orphan.h>
#include <cleat/sdk/text.h>

#include <span>
#include <string>
#include <vector>

namespace cleat {

template <class Builder>
capnp::Orphanage orphanageOf(Builder builder) {
  return capnp::Orphanage::getForMessageContaining(builder);
}

template <class T>
capnp::Orphan<capnp::List<T>> listOf(capnp::Orphanage orphanage, const std::vector<typename T::Reader>& elements) {
  auto list = orphanage.newOrphan<capnp::List<T>>(elements.size());
  for (size_t i = 0; i < elements.size(); ++i) list.get().setWithCaveats(i, elements[i]);
  return list;
}

// `old` (which may be empty) followed by `more` unset elements.
template <class T>
capnp::Orphan<capnp::List<T>> extended(capnp::Orphan<capnp::List<T>> old, capnp::Orphanage orphanage, uint32_t more) {
  if (old == nullptr) return orphanage.newOrphan<capnp::List<T>>(more);
  old.truncate(old.getReader().size() + more);
  return old;
}

template <class Texts>
capnp::Orphan<capnp::List<capnp::Text>> textList(capnp::Orphanage orphanage, const Texts& texts) {
  auto list = orphanage.newOrphan<capnp::List<capnp::Text>>(std::size(texts));
  uint32_t at = 0;
  for (const auto& text : texts) list.get().set(at++, std::string(text));
  return list;
}
inline capnp::Orphan<capnp::List<capnp::Text>> textList(capnp::Orphanage orphanage,
                                                        std::initializer_list<std::string_view> texts) {
  return textList(orphanage, std::span<const std::string_view>(texts.begin(), texts.size()));
}

inline std::vector<std::string> strings(capnp::List<capnp::Text>::Reader texts) {
  std::vector<std::string> out;
  out.reserve(texts.size());
  for (auto text : texts) out.push_back(str(text));
  return out;
}

inline bool contains(capnp::List<capnp::Text>::Reader texts, std::string_view wanted) {
  for (auto text : texts) {
    if (view(text) == wanted) return true;
  }
  return false;
}

}  // namespace cleat
