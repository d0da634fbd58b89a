// How a FakeHost answers the interface Cluster: requests on objects, and watches.
#include <cleat/sdk/lists.h>

#include <set>
#include <utility>

#include "testkit_host.h"

namespace cleat::test::detail {
namespace {

std::string nameFor(std::string_view verb, std::string_view subresource) {
  return subresource.empty() ? std::string(verb) : concat(verb, "/", subresource);
}

Result<Filter> filterOf(const Collection& of, wire::ResourceRef::Reader ref, capnp::Text::Reader labels,
                        capnp::Text::Reader fields) {
  CLEAT_TRY(auto labelSelector, LabelSelector::parse(view(labels)));
  CLEAT_TRY(auto fieldSelector, FieldSelector::parse(view(fields), of));
  return Filter{str(ref.getNamespace()), std::move(labelSelector), std::move(fieldSelector)};
}

}  // namespace

Result<Collection*> Host::admit(std::string_view verb, wire::ResourceRef::Reader ref, std::string_view name) {
  std::string what = nameFor(verb, view(ref.getSubresource()));
  std::string key = keyOf(view(ref.getNamespace()), name);
  Collection& of = objects_.collection(view(ref.getGroup()), view(ref.getResource()));
  requests.push_back(concat(what, " ", of.resource, " ", key));
  if (fault) {
    CLEAT_TRY(fault(what, of.resource, key));
  }
  return &of;
}

Result<Host::Answer> Host::cluster(MethodId method, const AnyAnswer& params) {
  if (method == wire::cluster::get) return get(params.as<wire::GetParams>());
  if (method == wire::cluster::list) return list(params.as<wire::ListParams>());
  if (method == wire::cluster::create || method == wire::cluster::update) {
    return write(method == wire::cluster::create, params.as<wire::WriteParams>(),
                 params.objects().empty() ? AnyRef() : params.objects().front());
  }
  if (method == wire::cluster::patch) return patch(params.as<wire::PatchParams>());
  if (method == wire::cluster::delete_) return remove(params.as<wire::DeleteParams>());
  if (method == wire::cluster::plugins) return Answer();
  if (method == wire::cluster::kinds) return kinds();
  if (method == wire::cluster::report) {
    reports.push_back(str(params.as<wire::ReportParams>().getMessage()));
    return Answer();
  }
  if (method == wire::cluster::want) return Answer();
  return fail(Status::methodNotAllowed(concat("Cluster has no method ", method.ordinal)));
}

Result<Host::Answer> Host::kinds() {
  std::vector<const Collection*> known;
  objects_.forEach([&](const Collection& of) {
    if (of.schema) known.push_back(&of);
  });
  Answer answer;
  auto results = answer.message.message().initRoot<wire::KindsResults>();
  std::set<std::pair<std::string, std::string>> versions;
  for (const Collection* of : known) versions.emplace(of->group, of->version);
  auto served = results.initGroupVersions(versions.size());
  uint32_t at = 0;
  for (const auto& [group, version] : versions) {
    served[at].setGroup(group);
    served[at++].setVersion(version);
  }
  auto kinds = results.initKinds(known.size());
  for (uint32_t i = 0; i < known.size(); ++i) {
    kinds[i].setGroup(known[i]->group);
    kinds[i].setVersion(known[i]->version);
    kinds[i].setResource(known[i]->resource);
    kinds[i].setKind(known[i]->kind);
    kinds[i].setNamespaced(known[i]->namespaced);
    kinds[i].adoptVerbs(textList(orphanageOf(kinds[i]),
                                 {"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"}));
  }
  return answer;
}

Result<Host::Answer> Host::get(wire::GetParams::Reader params) {
  auto ref = params.getRef();
  CLEAT_TRY(auto of, admit("get", ref, view(ref.getName())));
  CLEAT_TRY(auto object, objects_.get(*of, keyOf(view(ref.getNamespace()), view(ref.getName()))));
  Answer answer;
  answer.objects.push_back(std::move(object));
  return answer;
}

Result<Host::Answer> Host::list(wire::ListParams::Reader params) {
  CLEAT_TRY(auto of, admit("list", params.getRef(), ""));
  CLEAT_TRY(auto filter, filterOf(*of, params.getRef(), params.getLabelSelector(), params.getFieldSelector()));
  Answer answer;
  auto results = answer.message.message().initRoot<wire::ListResults>();
  results.setRevision(objects_.revision());
  std::string_view after = view(params.getContinue());
  for (const auto& [key, object] : of->objects) {
    if (key <= after || !filter.matches(object)) continue;
    if (params.getLimit() != 0 && answer.objects.size() == params.getLimit()) {
      results.setContinue(answer.objects.back().key());
      break;
    }
    answer.objects.push_back(object);
  }
  return answer;
}

Result<Host::Answer> Host::write(bool create, wire::WriteParams::Reader params, AnyRef object) {
  auto ref = params.getRef();
  std::string_view name = ref.getName().size() != 0 ? view(ref.getName()) : object.name();
  CLEAT_TRY(auto of, admit(create ? "create" : "update", ref, name));
  if (!object) return fail(Status::badRequest("a write without an object"));
  std::string_view subresource = view(ref.getSubresource());
  std::string_view ns = view(ref.getNamespace());
  Answer answer;
  Result<AnyRef> written = AnyRef();
  if (subresource.empty()) {
    written = create ? objects_.create(*of, object, ns, params.getDryRun())
                     : objects_.update(*of, object, ns, params.getDryRun());
  } else if (subresource == "status") {
    written = objects_.updateStatus(*of, object, ns, params.getDryRun());
  } else {
    CLEAT_TRY(objects_.apply(*of, keyOf(ns, name), str(subresource), object, params.getDryRun()));
    return answer;
  }
  CLEAT_TRY(written);
  answer.objects.push_back(std::move(*written));
  return answer;
}

Result<Host::Answer> Host::remove(wire::DeleteParams::Reader params) {
  auto ref = params.getRef();
  CLEAT_TRY(auto of, admit("delete", ref, view(ref.getName())));
  DeleteRequest request{params.getGracePeriodSeconds(), str(params.getPreconditionUid()),
                        params.getPreconditionRevision()};
  std::string_view ns = view(ref.getNamespace());
  Answer answer;
  if (ref.getName().size() != 0) {
    CLEAT_TRY(auto removed, objects_.remove(*of, keyOf(ns, view(ref.getName())), request));
    answer.objects.push_back(std::move(removed));
    return answer;
  }
  std::vector<std::string> keys;
  for (const auto& [key, object] : of->objects) {
    if (ns.empty() || object.ns() == ns) keys.push_back(key);
  }
  for (const std::string& key : keys) {
    CLEAT_TRY(objects_.remove(*of, key, request));
  }
  return answer;
}

Result<Host::Answer> Host::patch(wire::PatchParams::Reader params) {
  CLEAT_TRY(admit("patch", params.getRef(), view(params.getRef().getName())));
  return fail(Status::unsupportedMediaType("the test kit has no JSON and so applies no patches: use update"));
}

Result<void> Host::watch(std::shared_ptr<Instance> instance, uint64_t token, wire::WatchParams::Reader params) {
  CLEAT_TRY(auto of, admit("watch", params.getRef(), ""));
  CLEAT_TRY(auto filter, filterOf(*of, params.getRef(), params.getLabelSelector(), params.getFieldSelector()));
  auto opened = std::make_shared<Watch>();
  opened->instance = instance;
  opened->token = token;
  opened->of = of;
  opened->filter = std::move(filter);
  watches_[{instance.get(), token}] = opened;
  queueAll(*opened);
  deliverChanges(*opened);
  return {};
}

void Host::queueAll(Watch& watch) {
  for (const auto& [key, object] : watch.of->objects) {
    if (watch.filter.matches(object)) queue(watch, CLEAT_CHANGE_ADDED, object);
  }
  watch.syncedRevision = objects_.revision();
  queue(watch, CLEAT_CHANGE_SYNCED, AnyRef());
}

void Host::loseHistory() {
  for (auto& [key, watch] : watches_) {
    watch->pending.clear();
    queue(*watch, CLEAT_CHANGE_RESTARTED, AnyRef());
    queueAll(*watch);
  }
}

void Host::changed(const Collection& of, const AnyRef& before, const AnyRef& now) {
  for (auto& [key, watch] : watches_) {
    if (watch->of != &of) continue;
    bool was = watch->filter.matches(before);
    bool is = watch->filter.matches(now);
    if (is) {
      queue(*watch, was ? CLEAT_CHANGE_MODIFIED : CLEAT_CHANGE_ADDED, now);
    } else if (was) {
      // One that no longer matches is told as deleted, in the state in which it left.
      queue(*watch, CLEAT_CHANGE_DELETED, now ? now : before);
    }
  }
}

void Host::queue(Watch& watch, cleat_change_type type, const AnyRef& object) {
  watch.pending.emplace_back(type, object);
  if (watch.pending.size() > 1) return;
  push([this, key = std::pair(watch.instance.get(), watch.token)] {
    auto found = watches_.find(key);
    if (found == watches_.end()) return;
    std::shared_ptr<Watch> keep = found->second;
    deliverChanges(*keep);
  });
}

}  // namespace cleat::test::detail
