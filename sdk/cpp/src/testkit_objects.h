// The objects of a FakeHost: an API server's rules for reads and writes, in memory. Objects are immutable; every write
// makes a new one and tells the listener. Not part of the SDK's interface.
#pragma once

#include <capnp/dynamic.h>
#include <capnp/schema.h>
#include <cleat/sdk/object.h>
#include <cleat/sdk/selector.h>
#include <cleat/sdk/status.h>
#include <cleat/sdk/time.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cleat::test::detail {

using Subresource = std::function<Result<void>(AnyDraft& parent, const AnyRef& body)>;

struct Collection {
  std::string group, version, resource, kind;
  bool namespaced = true;
  std::optional<capnp::StructSchema> schema;  // where the test made the kind known
  bool graceful = false;
  std::map<std::string, Subresource> subresources;
  std::map<std::string, AnyRef> objects;

  std::string qualified() const { return group.empty() ? resource : resource + "." + group; }
  bool hasField(const char* name) const;
};

// "spec.nodeName=a,metadata.name!=b"
class FieldSelector {
 public:
  static Result<FieldSelector> parse(std::string_view text, const Collection& of);
  bool matches(const AnyRef& object) const;

 private:
  struct Term {
    std::vector<std::string> path;
    std::string value;
    bool equal = true;
  };
  std::vector<Term> terms_;
  std::optional<capnp::StructSchema> schema_;
};

struct Filter {
  std::string ns;
  LabelSelector labels;
  FieldSelector fields;
  bool matches(const AnyRef& object) const;
};

struct DeleteRequest {
  int64_t gracePeriodSeconds = -1;
  std::string preconditionUid;
  uint64_t preconditionRevision = 0;
};

class Objects {
 public:
  using Listener = std::function<void(const Collection& of, const AnyRef& before, const AnyRef& now)>;
  // `wallNow` and `random` are the host's.
  Objects(std::function<WallTime()> wallNow, std::function<uint64_t()> random, Listener listener);

  Collection& collection(std::string_view group, std::string_view resource);
  void forEach(const std::function<void(const Collection&)>& visit) const {
    for (const auto& [names, collection] : collections_) visit(collection);
  }
  uint64_t revision() const { return revision_; }

  Result<AnyRef> get(const Collection& of, const std::string& key) const;
  Result<AnyRef> create(Collection& of, const AnyRef& object, std::string_view ns, bool dryRun);
  Result<AnyRef> update(Collection& of, const AnyRef& object, std::string_view ns, bool dryRun);
  Result<AnyRef> updateStatus(Collection& of, const AnyRef& object, std::string_view ns, bool dryRun);
  // A write to another subresource of the object with `key`.
  Result<void> apply(Collection& of, const std::string& key, const std::string& subresource, const AnyRef& body,
                     bool dryRun);
  Result<AnyRef> remove(Collection& of, const std::string& key, const DeleteRequest& request);

  // As the test itself wishes, without rules.
  AnyRef put(Collection& of, const AnyRef& object);
  void drop(Collection& of, const std::string& key);

 private:
  Result<AnyRef> current(const Collection& of, const AnyRef& object, std::string_view ns) const;
  Result<void> checkRevision(const Collection& of, const AnyRef& before, const AnyRef& now) const;
  AnyRef finish(Collection& of, const AnyRef& before, AnyDraft draft, bool dryRun);
  AnyRef store(Collection& of, const AnyRef& before, AnyDraft draft);
  std::string newUid();

  std::function<WallTime()> wallNow_;
  std::function<uint64_t()> random_;
  Listener listener_;
  std::map<std::pair<std::string, std::string>, Collection> collections_;
  uint64_t revision_ = 0;
  uint64_t uids_ = 0;
};

}  // namespace cleat::test::detail
