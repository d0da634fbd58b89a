// Which StorageClass a claim has, and which one is the default: for whoever looks after claims.
#pragma once

#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/kinds/storage_v1.h>

#include <optional>
#include <string_view>
#include <vector>

namespace cleat {

// The class that a claim names, in its annotation or in its specification; empty: it wants none. Nothing: it says
// nothing.
std::optional<std::string_view> storageClassOf(core_v1::PersistentVolumeClaim::Reader claim);

// Of the classes that say that they are the default, the newest, and of several as new the first by name. One that
// refers to nothing where there is none.
Object<storage_v1::StorageClass> defaultClassAmong(const std::vector<Object<storage_v1::StorageClass>>& classes);

}  // namespace cleat
