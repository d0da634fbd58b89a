// KindTable: what a kinds plugin brings, as facts and functions. A plugin fills one in its constructor:
//
//   table.add<core_v1::Lease>({.shortNames = {}, .columns = {nameColumn(), …}},
//                             {.setDefaults = …, .validate = …, .row = …});
//   table.addSubresource<core_v1::Pod>({.name = "log", .style = "connect", .verbs = {"get"}});
//
// The functions are pure: they know nothing but the object, so they may be called on any thread.
#pragma once

#include <cleat/schema/role/kinds.capnp.h>
#include <cleat/sdk/kind.h>
#include <cleat/sdk/object.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kinds-common/cells.h"
#include "kinds-common/findings.h"

namespace cleat::kinds {

struct Column {
  std::string name;
  std::string type = "string";
  std::string description = {};
  std::string format = {};
  int32_t priority = 0;  // 1: with -o wide
};
Column nameColumn();
Column ageColumn();
Column wide(Column column);

// The names and the rest of the facts of a kind; group, version, kind and plural are those of KindOf<T>.
struct KindFacts {
  std::string structFile;     // "kinds/core_v1.capnp"
  std::string singular = {};  // empty: the kind in lower case
  std::vector<std::string> shortNames = {};
  std::vector<std::string> categories = {};
  // Empty: all that a stored object has.
  std::vector<std::string> verbs = {};
  std::vector<Column> columns = {};
  // Paths of fields that selectors may name: "spec.nodeName". One that they know otherwise says both, "name=path", and
  // one that stands in several places all of them, of which the first that has a text counts: "name=path|path".
  std::vector<std::string> selectableFields = {};
  std::string nameRule = {};
  // Never stored: a create goes to `review`; with verbs that say so, a get or a list to `look`.
  bool isVirtual = false;
  // Not empty: what whoever asks in this version is warned of.
  std::string deprecationWarning = {};
  bool hasStatus = false;
  bool keepsGeneration = false;
  bool keepsStatusOnCreate = false;
  // Fields of metadata that a write to /status leaves as they are.
  std::vector<std::string> statusLeavesMetadata = {};
  bool createsOnUpdate = false;
  bool updateNeedsRevision = false;
  bool returnsDeleted = false;
  bool gracefulDelete = false;
  // A delete leaves what the object owns, unless it says otherwise; and what is said to whoever deletes so.
  bool orphansByDefault = false;
  std::string orphanWarning = {};
  bool deleteNeedsFinalize = false;
  bool isNamespace = false;  // its objects are what namespaced ones are in
  bool allocates = false;    // wants beforeCommit
  // Finalizers may have any name of their form, as in groups beside Kubernetes' own.
  bool anyFinalizers = false;
  // Another version of this resource of another group ("events"), which is registered already or stands in the table.
  std::string storedAs = {};
  // Of several versions of a resource that stand in the table: the one that is stored.
  bool storage = false;
  // The plugin converts between the versions, which have structs of different layouts.
  bool converts = false;
  // The schema's struct is only a body of subresources: no collection.
  bool bodyOnly = false;
};

struct SubresourceFacts {
  std::string name;
  std::string style;
  std::string bodyGroup = {}, bodyVersion = {}, bodyKind = {};  // empty kind: the parent's; of "connect" its name alone
  std::vector<std::string> verbs = {};
  bool keepsGeneration = false;
  // Paths of fields that a write through it leaves as they are.
  std::vector<std::string> resets = {};
  bool portInName = false;
  std::vector<std::string> olderBodies = {};  // API versions beside the body's that a body may say it is of
};

// One write of a T.
template <class T>
struct Change {
  typename T::Reader object;
  std::optional<typename T::Reader> old;  // on update
  role::Operation operation = role::Operation::CREATE;
  std::string_view subresource = {};
  role::User::Reader user = {};  // who writes; only for setDefaults
  WallTime now = {};             // when

  bool isCreate() const { return !old; }
  bool isDelete() const { return operation == role::Operation::DELETE; }
  bool isStatus() const { return subresource == "status"; }
};

template <class T>
struct Behaviour {
  // Changes the builder; `change` is what was written.
  void (*setDefaults)(typename T::Builder object, const Change<T>& change) = nullptr;
  // Metadata was checked before.
  void (*validate)(const Change<T>& change, Findings& findings) = nullptr;
  void (*row)(typename T::Reader object, Cells& cells) = nullptr;
};

// Whether two objects or parts of them are the same, field by field.
template <class A, class B>
bool sameStruct(A a, B b) {
  return capnp::toAny(a) == capnp::toAny(b);
}

class KindTable {
 public:
  template <class T>
  void add(KindFacts facts, Behaviour<T> behaviour = {}) {
    Entry entry{KindOf<T>::resource, std::move(facts)};
    if (behaviour.setDefaults != nullptr) {
      entry.setDefaults = [set = behaviour.setDefaults](const AnyWrite& write) {
        Change<T> change = changeOf<T>(write);
        Draft<T> draft{Object<T>(write.object)};
        set(*draft, change);
        if (draft.isAsIn(write.object) || sameStruct(draft.reader(), change.object)) return AnyRef();
        return std::move(draft).freezeAny();
      };
    }
    if (behaviour.validate != nullptr) {
      entry.validate = [check = behaviour.validate](const AnyWrite& write, Findings& findings) {
        check(changeOf<T>(write), findings);
      };
    }
    if (behaviour.row != nullptr) {
      entry.row = [print = behaviour.row](const AnyRef& object, Cells& cells) { print(object.as<T>(), cells); };
    }
    entries_.push_back(std::move(entry));
  }

  template <class Parent>
  void addSubresource(SubresourceFacts facts) {
    subresources_.push_back({KindOf<Parent>::resource, std::move(facts)});
  }
  // "status", with the verbs that the API has for it.
  template <class Parent>
  void addStatus() {
    addSubresource<Parent>({.name = "status", .style = "status", .verbs = {"get", "patch", "update"}});
  }

  struct AnyWrite {
    AnyRef object, old;
    role::Operation operation = role::Operation::CREATE;
    std::string_view subresource;
    role::User::Reader user;
    WallTime now = {};
  };

  void describe(role::KindsDescription::Builder description, std::string_view schema) const;
  bool has(std::string_view group, std::string_view version, std::string_view resource) const {
    return find(group, version, resource) != nullptr;
  }
  // Nothing when nothing changed. An unknown kind has no defaults.
  AnyRef setDefaults(std::string_view group, std::string_view version, std::string_view resource,
                     const AnyWrite& write) const;
  void validate(std::string_view group, std::string_view version, std::string_view resource, const AnyWrite& write,
                Findings& findings) const;
  void rows(std::string_view group, std::string_view version, std::string_view resource,
            const std::vector<AnyRef>& objects, WallTime now, role::RowsResults::Builder results) const;

 private:
  struct Entry {
    Resource resource;
    KindFacts facts;
    std::function<AnyRef(const AnyWrite&)> setDefaults = {};
    std::function<void(const AnyWrite&, Findings&)> validate = {};
    std::function<void(const AnyRef&, Cells&)> row = {};
  };
  struct SubresourceEntry {
    Resource parent;
    SubresourceFacts facts;
  };

  template <class T>
  static Change<T> changeOf(const AnyWrite& write) {
    Change<T> change{write.object.as<T>(), std::nullopt, write.operation, write.subresource, write.user, write.now};
    if (write.old) change.old = write.old.as<T>();
    return change;
  }
  static void describeKind(const Entry& entry, role::Kind::Builder kind);
  const Entry* find(std::string_view group, std::string_view version, std::string_view resource) const;

  std::vector<Entry> entries_;
  std::vector<SubresourceEntry> subresources_;
};

}  // namespace cleat::kinds
