#include "core/object/kind.h"

#include "core/object/open/open_schema.h"
#include "core/object/schema/struct_codec.h"

namespace cleat::object {

Kind::Kind() = default;
Kind::~Kind() = default;

const Subresource* Kind::subresource(std::string_view wanted) const {
  for (const Subresource* candidate : subresources()) {
    if (candidate->name == wanted) return candidate;
  }
  return nullptr;
}

std::span<const Subresource* const> Kind::subresources() const {
  const SubresourceList* list = subresources_.load(std::memory_order_acquire);
  if (!list) return {};
  return *list;
}

void Kind::attach(Subresource subresource) const {
  ownSubresources_.push_back(std::make_unique<const Subresource>(std::move(subresource)));
  auto known = subresources();
  auto list = std::make_unique<SubresourceList>(known.begin(), known.end());
  list->push_back(ownSubresources_.back().get());
  const SubresourceList* published = list.get();
  ownLists_.push_back(std::move(list));
  subresources_.store(published, std::memory_order_release);
}

}  // namespace cleat::object
