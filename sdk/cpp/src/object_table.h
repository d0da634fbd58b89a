// ObjectTable: what an informer keeps, found by the objects' keys. Every change of an object is looked for in each
// informer that has it, with tens of thousands of others: what counts is how many places in memory that touches. A slot
// beside its neighbours and the entry are two; a std::unordered_map has its bucket, the entry before and the one after.
//
//   auto [entry, isNew] = table.add(object.ns(), object.name());
//   if (const Entry* found = table.find("default/web")) …
//
// Entries stay where they are until they are erased. Of one strand.
#pragma once

#include <cleat/sdk/object.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cleat::detail {

class ObjectTable {
 public:
  struct Entry {
    std::string key;
    AnyRef object;
    uint64_t round = 0;  // the (re)start of the watch that delivered it last
  };

  // The one there is, or one without an object.
  std::pair<Entry*, bool> add(std::string_view ns, std::string_view name);
  Entry* find(std::string_view ns, std::string_view name) const;
  Entry* find(std::string_view key) const;
  void erase(const Entry& entry);

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  template <class F>
  void forEach(F visit) const {
    for (const Slot& slot : slots_) {
      if (slot.entry) visit(*slot.entry);
    }
  }

 private:
  struct Slot {
    size_t hash = 0;
    std::unique_ptr<Entry> entry;
  };
  // Where it is, or where it would be put.
  size_t placeOf(size_t hash, std::string_view ns, std::string_view name) const;
  void grow();

  std::vector<Slot> slots_;  // a power of two of them, a third of them empty at least
  size_t size_ = 0;
};

}  // namespace cleat::detail
