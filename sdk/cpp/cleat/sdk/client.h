// Reads and writes the objects of the cluster, as the plugin's own identity and within its grants.
//
//   Client client(context());
//   auto pod = co_await client.get<Pod>("default", "web");
//   if (!pod) co_return fail(pod.error());          // Status: code 404, 409, …
//   Draft<Pod> draft(*pod);
//   draft->initStatus().setPhase("Running");
//   auto updated = co_await client.updateStatus(std::move(draft));
//
// A Client is a handle that may be copied. What is passed is put into the request at once; the request is made when the
// task is awaited. For kinds without a namespace leave `ns` empty, or use the forms without it. To read often, use an
// Informer: it costs nothing per read.
#pragma once

#include <cleat/sdk/context.h>
#include <cleat/sdk/kind.h>
#include <cleat/sdk/object.h>

#include <string>
#include <string_view>
#include <vector>

namespace cleat {

struct ListOptions {
  std::string_view ns;             // empty: every namespace
  std::string_view labelSelector;  // "app=web,tier!=cache"
  std::string_view fieldSelector;  // "spec.nodeName=a"
  uint32_t limit = 0;              // 0: no paging
  std::string_view continueToken;
};

struct WriteOptions {
  std::string_view fieldManager;
  bool dryRun = false;
};

enum class PatchType : uint16_t { json, merge, strategic, apply };

struct PatchOptions {
  std::string_view subresource;
  std::string_view fieldManager;
  bool dryRun = false;
  bool force = false;
};

struct DeleteOptions {
  int64_t gracePeriodSeconds = -1;     // -1: the kind's own default
  std::string_view propagationPolicy;  // "Orphan", "Background", "Foreground"
  std::string_view preconditionUid;
  uint64_t preconditionRevision = 0;
};

struct AnyList {
  std::vector<AnyRef> items;  // in the order of namespace and name
  uint64_t revision = 0;
  std::string continueToken;
};

template <class K>
struct ObjectList {
  std::vector<Object<K>> items;
  uint64_t revision = 0;
  std::string continueToken;
};

// The same for kinds that are known only at run time. An empty `subresource` is the object itself.
class AnyClient {
 public:
  explicit AnyClient(Context& context) : context_(&context) {}

  Task<Result<AnyRef>> get(const Resource& of, std::string_view ns, std::string_view name,
                           std::string_view subresource = {});
  Task<Result<AnyList>> list(const Resource& of, const ListOptions& options = {});
  // The object's name and namespace are in `object`, except with a subresource, whose parent `ns` and `name` are.
  Task<Result<AnyRef>> create(const Resource& of, std::string_view ns, std::string_view name,
                              std::string_view subresource, AnyRef object, const WriteOptions& options = {});
  Task<Result<AnyRef>> update(const Resource& of, std::string_view ns, std::string_view name,
                              std::string_view subresource, AnyRef object, const WriteOptions& options = {});
  Task<Result<AnyRef>> patch(const Resource& of, std::string_view ns, std::string_view name, PatchType type,
                             std::string_view json, const PatchOptions& options = {});
  // With an empty name: the collection in the namespace.
  Task<Result<AnyRef>> remove(const Resource& of, std::string_view ns, std::string_view name,
                              const DeleteOptions& options = {});

 private:
  Context* context_;
};

namespace detail {
template <class K>
Task<Result<Object<K>>> typedObject(Task<Result<AnyRef>> pending) {
  CLEAT_CO_TRY(AnyRef object, co_await std::move(pending));
  co_return Object<K>(std::move(object));
}
template <class K>
Task<Result<ObjectList<K>>> typedList(Task<Result<AnyList>> pending) {
  CLEAT_CO_TRY(AnyList list, co_await std::move(pending));
  ObjectList<K> typed{{}, list.revision, std::move(list.continueToken)};
  typed.items.reserve(list.items.size());
  for (AnyRef& item : list.items) typed.items.emplace_back(std::move(item));
  co_return typed;
}
}  // namespace detail

class Client {
 public:
  explicit Client(Context& context) : any_(context) {}
  AnyClient& any() { return any_; }

  template <class K>
  Task<Result<Object<K>>> get(std::string_view ns, std::string_view name) {
    return detail::typedObject<K>(any_.get(KindOf<K>::resource, ns, name));
  }
  template <class K>
  Task<Result<Object<K>>> get(std::string_view key) {  // "ns/name", or the name
    auto [ns, name] = splitKey(key);
    return get<K>(ns, name);
  }
  template <class K>
  Task<Result<ObjectList<K>>> list(const ListOptions& options = {}) {
    return detail::typedList<K>(any_.list(KindOf<K>::resource, options));
  }
  template <class K>
  Task<Result<Object<K>>> create(Draft<K> draft, const WriteOptions& options = {}) {
    return write<K>(&AnyClient::create, "", std::move(draft), options);
  }
  // Its metadata.resourceVersion, when not 0, must be the current one: otherwise 409, reason "Conflict".
  template <class K>
  Task<Result<Object<K>>> update(Draft<K> draft, const WriteOptions& options = {}) {
    return write<K>(&AnyClient::update, "", std::move(draft), options);
  }
  template <class K>
  Task<Result<Object<K>>> updateStatus(Draft<K> draft, const WriteOptions& options = {}) {
    return write<K>(&AnyClient::update, "status", std::move(draft), options);
  }
  template <class K>
  Task<Result<Object<K>>> patch(std::string_view ns, std::string_view name, PatchType type, std::string_view json,
                                const PatchOptions& options = {}) {
    return detail::typedObject<K>(any_.patch(KindOf<K>::resource, ns, name, type, json, options));
  }
  // The object in its last state, or nothing where the host does not say.
  template <class K>
  Task<Result<Object<K>>> remove(std::string_view ns, std::string_view name, const DeleteOptions& options = {}) {
    return detail::typedObject<K>(any_.remove(KindOf<K>::resource, ns, name, options));
  }

  // Subresources of a K whose body is another kind: create<Pod>(ns, name, "binding", Draft<Binding>). The answer is of
  // the body's kind, or refers to nothing where the API answers with a mere success.
  template <class K, class Body>
  Task<Result<Object<Body>>> createSubresource(std::string_view ns, std::string_view name, std::string_view subresource,
                                               Draft<Body> body, const WriteOptions& options = {}) {
    return detail::typedObject<Body>(
        any_.create(KindOf<K>::resource, ns, name, subresource, std::move(body).freezeAny(), options));
  }
  template <class K, class Body>
  Task<Result<Object<Body>>> updateSubresource(std::string_view ns, std::string_view name, std::string_view subresource,
                                               Draft<Body> body) {
    return detail::typedObject<Body>(
        any_.update(KindOf<K>::resource, ns, name, subresource, std::move(body).freezeAny()));
  }
  template <class K, class Body>
  Task<Result<Object<Body>>> getSubresource(std::string_view ns, std::string_view name, std::string_view subresource) {
    return detail::typedObject<Body>(any_.get(KindOf<K>::resource, ns, name, subresource));
  }

 private:
  template <class K, class Method>
  Task<Result<Object<K>>> write(Method method, std::string_view subresource, Draft<K> draft,
                                const WriteOptions& options) {
    Object<K> object = std::move(draft).freeze();
    return detail::typedObject<K>(
        (any_.*method)(KindOf<K>::resource, object.ns(), object.name(), subresource, object, options));
  }

  AnyClient any_;
};

}  // namespace cleat
