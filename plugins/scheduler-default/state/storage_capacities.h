// How much storage drivers say that can still be had, by class and by the nodes that can reach it (CSIStorageCapacity).
// Most of these are about nodes with one label's value, so a node finds its own by that and not among all.
#pragma once

#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/storage_v1.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/quantity.h>
#include <cleat/sdk/selector.h>
#include <cleat/sdk/text_table.h>

#include <map>
#include <optional>
#include <string>

namespace cleat::scheduling {

using storage_v1::CSIStorageCapacity;

// The largest volume that can be made: nothing where the driver does not know.
std::optional<Quantity> limitOf(const Object<CSIStorageCapacity>& capacity);

class StorageCapacities {
 public:
  void set(const Object<CSIStorageCapacity>& capacity);
  void erase(const std::string& key);
  // Whether a volume of the class and size can be made that the node can reach.
  bool isEnough(std::string_view storageClass, const Quantity& size, const Object<core_v1::Node>& node) const {
    return find(storageClass, size, node) != nullptr;
  }
  // How much there is in all where that is so.
  std::optional<Quantity> leftFor(std::string_view storageClass, const Quantity& size,
                                  const Object<core_v1::Node>& node) const;

 private:
  struct Entry {
    Quantity limit, left;
    LabelSelector nodes;
  };
  using Entries = std::map<std::string, Entry>;  // by key
  struct OfClass {
    Entries others;
    std::map<std::string, std::map<std::string, Entries, std::less<>>> byLabel;  // by key and value
  };
  struct Place {
    std::string storageClass, label, value;  // no label: among the others
  };
  static const Entry* findAmong(const Entries& entries, const Quantity& size, const Object<core_v1::Node>& node);
  const Entry* find(std::string_view storageClass, const Quantity& size, const Object<core_v1::Node>& node) const;

  TextTable<OfClass> classes_;  // may have empty ones
  TextTable<Place> places_;     // by key
};

}  // namespace cleat::scheduling
