// The garbage collector among ConfigMaps and Nodes, with an API that does what it asks for.
#pragma once

#include <cleat/schema/bus.methods.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <regex>
#include <set>
#include <stdexcept>

#include "tests/plugins/objects.h"

extern "C" const cleat_plugin* cleat_plugin_v1();

namespace cleat::gc {

using core_v1::ConfigMap;
using core_v1::Node;
using core_v1::Secret;

inline constexpr uint16_t kPatch = 5, kDelete = 6;

struct OwnerSpec {
  std::string kind, name, uid;
  bool blocks = false;
  std::string apiVersion = "v1";
};

// Does what the API does with the patches and deletions of the plugin, for the kinds of these tests.
class GarbageTest : public testing::Test {
 protected:
  GarbageTest() {
    host.know<ConfigMap>();
    host.know<Node>();
    host.know<core_v1::Event>();
    host.onCall(wire::cluster::patch, [this](wire::PatchParams::Reader params, wire::ObjectResults::Builder) {
      auto ref = params.getRef();
      return onKind(view(ref.getResource()), [&]<class K>() { return patch<K>(ref, str(params.getBody())); });
    });
    host.onCall(wire::cluster::delete_, [this](wire::DeleteParams::Reader params, wire::ObjectResults::Builder) {
      return onKind(view(params.getRef().getResource()), [&]<class K>() { return remove<K>(params); });
    });
  }
  void start() {
    plugin.emplace(host.start(cleat_plugin_v1()));
    host.settle();
    if (!plugin->ready()) throw std::runtime_error(plugin->readyError());
  }

  template <class K = ConfigMap>
  Object<K> put(const char* name, const std::vector<OwnerSpec>& owners = {}, const char* ns = "default") {
    return host.put(owned(test::named<K>(std::is_same_v<K, Node> ? "" : ns, name), owners));
  }
  template <class K>
  static Draft<K> owned(Draft<K> draft, const std::vector<OwnerSpec>& owners) {
    auto list = draft.meta().initOwnerReferences(owners.size());
    for (uint32_t i = 0; i < owners.size(); ++i) {
      list[i].setApiVersion(owners[i].apiVersion);
      list[i].setKind(owners[i].kind);
      list[i].setName(owners[i].name);
      list[i].setUid(owners[i].uid);
      if (owners[i].blocks) list[i].initBlockOwnerDeletion().setValue(true);
    }
    return draft;
  }
  template <class K>
  static OwnerSpec ownedBy(const Object<K>& owner, bool blocks = false) {
    return {KindOf<K>::resource.kind.data(), std::string(owner.name()), std::string(owner.uid()), blocks};
  }
  // As a client's delete with a policy other than Background leaves it.
  void markDeleted(const char* name, const char* finalizer) {
    host.change<ConfigMap>("default", name, [&](auto object) {
      object.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
      addFinalizer(object.getMetadata(), finalizer);
    });
  }
  std::set<std::string> names() {
    host.settle();
    std::set<std::string> all;
    for (const auto& object : host.list<ConfigMap>()) all.insert(std::string(object.name()));
    return all;
  }
  std::vector<std::string> owners(const char* name) {
    std::vector<std::string> all;
    for (auto owner : host.get<ConfigMap>("default", name).meta().getOwnerReferences())
      all.push_back(str(owner.getName()));
    return all;
  }

  test::FakeHost host;
  std::optional<test::AnyStarted> plugin;
  std::vector<std::string> deletions;                                     // "name policy"
  Status refusal{.code = 0, .reason = "", .message = "", .details = {}};  // of deletions and patches, `refusals` times
  int refusals = 0;

 private:
  template <class F>
  static Result<void> onKind(std::string_view resource, F apply) {
    if (resource == "configmaps") return apply.template operator()<ConfigMap>();
    if (resource == "nodes") return apply.template operator()<Node>();
    return fail(Status::notFound(resource, ""));
  }

  template <class K>
  Result<void> patch(wire::ResourceRef::Reader ref, const std::string& body) {
    if (refusals-- > 0) return fail(refusal);
    Object<K> before = host.get<K>(view(ref.getNamespace()), view(ref.getName()));
    Draft<K> draft(before);
    static const std::regex kOperation(
        R"re(\{"op":"(\w+)","path":"/metadata/(\w+)/(\d+)(?:/(\w+))?"(?:,"value":("[^"]*"|false))?\})re");
    for (std::sregex_iterator at(body.begin(), body.end(), kOperation), end; at != end; ++at) {
      if (auto done = apply(draft, *at); !done) return done;
    }
    const bool ends = deletionPending(draft.meta()) && draft.meta().getFinalizers().size() == 0;
    if (ends) {
      host.remove<K>(before.ns(), before.name());
    } else {
      host.put(std::move(draft));
    }
    return {};
  }
  template <class K>
  static Result<void> apply(Draft<K>& draft, const std::smatch& operation) {
    const std::string op = operation[1], list = operation[2];
    const auto at = static_cast<uint32_t>(std::stoul(operation[3]));
    auto meta = draft.meta();
    if (op == "test") {
      const std::string value = list == "finalizers" ? str(meta.asReader().getFinalizers()[at])
                                                     : str(meta.asReader().getOwnerReferences()[at].getUid());
      if (concat('"', value, '"') != operation[5].str()) return fail(Status::invalid("", "", {}));
    } else if (op == "replace") {
      meta.getOwnerReferences()[at].getBlockOwnerDeletion().setValue(false);
    } else if (list == "finalizers") {
      removeFinalizer(meta, view(meta.asReader().getFinalizers()[at]));
    } else {
      std::vector<meta_v1::OwnerReference::Reader> kept;
      auto all = meta.asReader().getOwnerReferences();
      for (uint32_t i = 0; i < all.size(); ++i) {
        if (i != at) kept.push_back(all[i]);
      }
      meta.adoptOwnerReferences(listOf<meta_v1::OwnerReference>(orphanageOf(*draft), kept));
    }
    return {};
  }
  template <class K>
  Result<void> remove(wire::DeleteParams::Reader params) {
    if (refusals-- > 0) return fail(refusal);
    const std::string ns = str(params.getRef().getNamespace()), name = str(params.getRef().getName());
    Object<K> object = host.get<K>(ns, name);
    if (object.uid() != view(params.getPreconditionUid())) return fail(Status::conflict("", name, "another uid"));
    if (object.revision() != params.getPreconditionRevision())
      return fail(Status::conflict("", name, "it has changed"));
    const std::string policy = str(params.getPropagationPolicy());
    deletions.push_back(concat(name, " ", policy));
    if (policy == "Background" && object.meta().getFinalizers().size() == 0) {
      host.remove<K>(ns, name);
      return {};
    }
    host.change<K>(ns, name, [&](auto changed) {
      changed.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
      if (policy == "Orphan") addFinalizer(changed.getMetadata(), "orphan");
      if (policy == "Foreground") addFinalizer(changed.getMetadata(), "foregroundDeletion");
    });
    return {};
  }
};

}  // namespace cleat::gc
