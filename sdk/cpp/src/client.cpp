#include <cleat/sdk/client.h>

#include <cleat/schema/bus.methods.h>

#include "strand.h"

namespace cleat {
namespace {

void fillRef(wire::ResourceRef::Builder ref, const Resource& of, std::string_view ns, std::string_view name,
             std::string_view subresource) {
  ref.setGroup(str(of.group));
  ref.setVersion(str(of.version));
  ref.setResource(str(of.resource));
  if (!subresource.empty()) ref.setSubresource(str(subresource));
  if (!ns.empty()) ref.setNamespace(str(ns));
  if (!name.empty()) ref.setName(str(name));
}

template <class P, class R>
CallRequest request(Method<P, R> method, Draft<P> params) {
  return {method, std::move(params), {}, {}};
}

Task<Result<AnyRef>> firstObject(Context& context, CallRequest request) {
  CLEAT_CO_TRY(AnyAnswer answer, co_await context.send(std::move(request)));
  if (answer.objects().empty()) co_return AnyRef();
  co_return answer.objects().front();
}

// The object that a write has made. A write of `before` that changed nothing is answered with `before`.
Task<Result<AnyRef>> writtenObject(Context& context, CallRequest request, uint64_t before = 0) {
  CLEAT_CO_TRY(AnyRef object, co_await firstObject(context, std::move(request)));
  if (object && object.revision() != before) context.strand().ownWrites().note(object.revision());
  co_return object;
}

Task<Result<AnyList>> allObjects(Context& context, CallRequest request) {
  CLEAT_CO_TRY(AnyAnswer answer, co_await context.send(std::move(request)));
  auto results = answer.as<wire::ListResults>();
  AnyList list{{}, results.getRevision(), str(results.getContinue())};
  list.items = answer.takeObjects();
  co_return list;
}

CallRequest writeRequest(Method<wire::WriteParams, wire::ObjectResults> method, const Resource& of, std::string_view ns,
                         std::string_view name, std::string_view subresource, AnyRef object,
                         const WriteOptions& options) {
  Draft<wire::WriteParams> params;
  fillRef(params->initRef(), of, ns, name, subresource);
  if (!options.fieldManager.empty()) params->setFieldManager(str(options.fieldManager));
  params->setDryRun(options.dryRun);
  CallRequest made = request(method, std::move(params));
  made.objects.push_back(std::move(object));
  return made;
}

}  // namespace

Task<Result<AnyRef>> AnyClient::get(const Resource& of, std::string_view ns, std::string_view name,
                                    std::string_view subresource) {
  Draft<wire::GetParams> params;
  fillRef(params->initRef(), of, ns, name, subresource);
  return firstObject(*context_, request(wire::cluster::get, std::move(params)));
}

Task<Result<AnyList>> AnyClient::list(const Resource& of, const ListOptions& options) {
  Draft<wire::ListParams> params;
  fillRef(params->initRef(), of, options.ns, {}, {});
  params->setLabelSelector(str(options.labelSelector));
  params->setFieldSelector(str(options.fieldSelector));
  params->setLimit(options.limit);
  params->setContinue(str(options.continueToken));
  return allObjects(*context_, request(wire::cluster::list, std::move(params)));
}

Task<Result<AnyRef>> AnyClient::create(const Resource& of, std::string_view ns, std::string_view name,
                                       std::string_view subresource, AnyRef object, const WriteOptions& options) {
  return writtenObject(*context_,
                       writeRequest(wire::cluster::create, of, ns, name, subresource, std::move(object), options));
}

Task<Result<AnyRef>> AnyClient::update(const Resource& of, std::string_view ns, std::string_view name,
                                       std::string_view subresource, AnyRef object, const WriteOptions& options) {
  const uint64_t before = object.meta().getResourceVersion();
  return writtenObject(
      *context_, writeRequest(wire::cluster::update, of, ns, name, subresource, std::move(object), options), before);
}

Task<Result<AnyRef>> AnyClient::patch(const Resource& of, std::string_view ns, std::string_view name, PatchType type,
                                      std::string_view json, const PatchOptions& options) {
  Draft<wire::PatchParams> params;
  fillRef(params->initRef(), of, ns, name, options.subresource);
  params->setType(static_cast<wire::PatchType>(type));
  params->setBody(str(json));
  params->setFieldManager(str(options.fieldManager));
  params->setDryRun(options.dryRun);
  params->setForce(options.force);
  return writtenObject(*context_, request(wire::cluster::patch, std::move(params)));
}

Task<Result<AnyRef>> AnyClient::remove(const Resource& of, std::string_view ns, std::string_view name,
                                       const DeleteOptions& options) {
  Draft<wire::DeleteParams> params;
  fillRef(params->initRef(), of, ns, name, {});
  params->setGracePeriodSeconds(options.gracePeriodSeconds);
  params->setPropagationPolicy(str(options.propagationPolicy));
  params->setPreconditionUid(str(options.preconditionUid));
  params->setPreconditionRevision(options.preconditionRevision);
  return writtenObject(*context_, request(wire::cluster::delete_, std::move(params)));
}

}  // namespace cleat
