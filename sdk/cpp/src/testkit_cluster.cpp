// How a FakeHost answers the interface Cluster: requests on objects, and watches.
#include <cleat/sdk/lists.h>

#include "testkit_host.h"

namespace cleat::test::detail {
namespace {

std::string nameFor(std::string_view verb, std::string_view subresource) {
  return subresource.empty() ? std::string(verb) : concat(verb, "/", subresource);
}

Result<Filter> filterOf(const Collection& of, wire::ResourceRef::Reader ref, capnp::Text::Reader labels,
                        capnp::Text::Reader fields) {
  auto labelSelector = LabelSelector::parse(view(labels));
  if (!labelSelector) return fail(labelSelector.error());
  auto fieldSelector = FieldSelector::parse(view(fields), of);
  if (!fieldSelector) return fail(fieldSelector.error());
  return Filter{str(ref.getNamespace()), std::move(*labelSelector), std::move(*fieldSelector)};
}

}  // namespace

Result<Collection*> Host::admit(std::string_view verb, wire::ResourceRef::Reader ref, std::string_view name) {
  std::string what = nameFor(verb, view(ref.getSubresource()));
  std::string key = keyOf(view(ref.getNamespace()), name);
  Collection& of = objects_.collection(view(ref.getGroup()), view(ref.getResource()));
  requests.push_back(concat(what, " ", of.resource, " ", key));
  if (fault) {
    if (auto ok = fault(what, of.resource, key); !ok) return fail(ok.error());
  }
  return &of;
}

Result<Host::Answer> Host::cluster(uint32_t method, const AnyAnswer& params) {
  switch (method) {
    case 0:
      return get(params.as<wire::GetParams>());
    case 1:
      return list(params.as<wire::ListParams>());
    case 3:
    case 4:
      return write(method == 3, params.as<wire::WriteParams>(),
                   params.objects().empty() ? AnyRef() : params.objects().front());
    case 5:
      return patch(params.as<wire::PatchParams>());
    case 6:
      return remove(params.as<wire::DeleteParams>());
    case 7:
      return Answer();
    case 8:
      return kinds();
    default:
      return fail(Status::methodNotAllowed(concat("Cluster has no method ", method)));
  }
}

Result<Host::Answer> Host::kinds() {
  std::vector<const Collection*> known;
  objects_.forEach([&](const Collection& of) {
    if (of.schema) known.push_back(&of);
  });
  Answer answer;
  auto kinds = answer.message.message().initRoot<wire::KindsResults>().initKinds(known.size());
  for (uint32_t i = 0; i < known.size(); ++i) {
    kinds[i].setGroup(known[i]->group);
    kinds[i].setVersion(known[i]->version);
    kinds[i].setResource(known[i]->resource);
    kinds[i].setKind(known[i]->kind);
    kinds[i].setNamespaced(known[i]->namespaced);
    kinds[i].adoptVerbs(textList(orphanageOf(kinds[i]), {"create", "delete", "deletecollection", "get", "list", "patch",
                                                        "update", "watch"}));
  }
  return answer;
}

Result<Host::Answer> Host::get(wire::GetParams::Reader params) {
  auto ref = params.getRef();
  auto of = admit("get", ref, view(ref.getName()));
  if (!of) return fail(of.error());
  auto object = objects_.get(**of, keyOf(view(ref.getNamespace()), view(ref.getName())));
  if (!object) return fail(object.error());
  Answer answer;
  answer.objects.push_back(std::move(*object));
  return answer;
}

Result<Host::Answer> Host::list(wire::ListParams::Reader params) {
  auto of = admit("list", params.getRef(), "");
  if (!of) return fail(of.error());
  auto filter = filterOf(**of, params.getRef(), params.getLabelSelector(), params.getFieldSelector());
  if (!filter) return fail(filter.error());
  Answer answer;
  auto results = answer.message.message().initRoot<wire::ListResults>();
  results.setRevision(objects_.revision());
  std::string_view after = view(params.getContinue());
  for (const auto& [key, object] : (*of)->objects) {
    if (key <= after || !filter->matches(object)) continue;
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
  auto of = admit(create ? "create" : "update", ref, name);
  if (!of) return fail(of.error());
  if (!object) return fail(Status::badRequest("a write without an object"));
  std::string_view subresource = view(ref.getSubresource());
  std::string_view ns = view(ref.getNamespace());
  Answer answer;
  Result<AnyRef> written = AnyRef();
  if (subresource.empty()) {
    written = create ? objects_.create(**of, object, ns, params.getDryRun())
                     : objects_.update(**of, object, ns, params.getDryRun());
  } else if (subresource == "status") {
    written = objects_.updateStatus(**of, object, ns, params.getDryRun());
  } else {
    auto applied = objects_.apply(**of, keyOf(ns, name), str(subresource), object, params.getDryRun());
    if (!applied) return fail(applied.error());
    return answer;
  }
  if (!written) return fail(written.error());
  answer.objects.push_back(std::move(*written));
  return answer;
}

Result<Host::Answer> Host::remove(wire::DeleteParams::Reader params) {
  auto ref = params.getRef();
  auto of = admit("delete", ref, view(ref.getName()));
  if (!of) return fail(of.error());
  DeleteRequest request{params.getGracePeriodSeconds(), str(params.getPreconditionUid()),
                        params.getPreconditionRevision()};
  std::string_view ns = view(ref.getNamespace());
  Answer answer;
  if (ref.getName().size() != 0) {
    auto removed = objects_.remove(**of, keyOf(ns, view(ref.getName())), request);
    if (!removed) return fail(removed.error());
    answer.objects.push_back(std::move(*removed));
    return answer;
  }
  std::vector<std::string> keys;
  for (const auto& [key, object] : (*of)->objects) {
    if (ns.empty() || object.ns() == ns) keys.push_back(key);
  }
  for (const std::string& key : keys) {
    if (auto removed = objects_.remove(**of, key, request); !removed) return fail(removed.error());
  }
  return answer;
}

Result<Host::Answer> Host::patch(wire::PatchParams::Reader params) {
  auto of = admit("patch", params.getRef(), view(params.getRef().getName()));
  if (!of) return fail(of.error());
  return fail(Status::unsupportedMediaType("the test kit has no JSON and so applies no patches: use update"));
}

Result<void> Host::watch(std::shared_ptr<Instance> instance, uint64_t token, wire::WatchParams::Reader params) {
  auto of = admit("watch", params.getRef(), "");
  if (!of) return fail(of.error());
  auto filter = filterOf(**of, params.getRef(), params.getLabelSelector(), params.getFieldSelector());
  if (!filter) return fail(filter.error());
  auto opened = std::make_shared<Watch>();
  opened->instance = instance;
  opened->token = token;
  opened->of = *of;
  opened->filter = std::move(*filter);
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
