// kinds-apiextensions: CustomResourceDefinitions, and the kinds that they describe.
#include <cleat/sdk/json_tree.h>
#include <cleat/sdk/kinds/autoscaling_v1.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/plugin.h>

#include "kinds-apiextensions/custom_kinds.h"
#include "kinds-apiextensions/definition_feed.h"
#include "kinds-common/kinds_plugin.h"
#include "kinds-common/metadata.h"
#include "webhook-common/conversion_review.h"

namespace cleat::kinds::extensions {

namespace {

using open_v1::OpenObject;

void addCell(Cells& cells, const ColumnCell& cell) {
  if (const auto* text = std::get_if<std::string>(&cell)) return cells.text(*text);
  if (const auto* integer = std::get_if<int64_t>(&cell)) return cells.integer(*integer);
  if (const auto* number = std::get_if<double>(&cell)) return cells.number(*number);
  if (const auto* boolean = std::get_if<bool>(&cell)) return cells.boolean(*boolean);
  cells.none();
}

// Between an offer and the moment from which requests see it a kind may have other versions here and there.
std::unexpected<Status> notServed(wire::ResourceRef::Reader ref, AnyCall& call) {
  return call.retry(Status::unavailable(
      concat(ref.getResource(), ".", ref.getGroup(), " is not served in the version ", ref.getVersion(), " just now")));
}

// Names that others may choose as well; those that were there before have been warned of.
void warnOfFinalizers(meta_v1::ObjectMeta::Reader meta, const AnyRef& old, Findings& findings) {
  for (auto finalizer : meta.getFinalizers()) {
    const std::string_view name = view(finalizer);
    if (name.find('/') != std::string_view::npos || isStandardFinalizer(name)) continue;
    if (old && hasFinalizer(old.meta(), name)) continue;
    const char* path = name.find('.') == std::string_view::npos ? "" : " including a path (/)";
    findings.warn(concat("metadata.finalizers: ", quoted(name), ": prefer a domain-qualified finalizer name", path,
                         " to avoid accidental conflicts with other finalizer writers"));
  }
}

Status terminatingStatus(const CustomKind& kind, std::string_view name) {
  Status status =
      Status::forbidden(concat(kind.plural, ".", kind.group, " \"", name,
                               "\" is forbidden: create not allowed while custom resource definition is terminating"));
  status.details.name = str(name);
  status.details.group = kind.group;
  status.details.kind = kind.plural;
  return status;
}

}  // namespace

class ApiExtensionsKinds : public KindsPlugin {
 public:
  explicit ApiExtensionsKinds(Context& context) : KindsPlugin(context) { addDefinitions(table()); }

  Task<Result<void>> start() override {
    CLEAT_CO_TRY(co_await KindsPlugin::start());
    // Of definitions only, and with the time that it is: on the strand.
    context().serve(role::kinds::default_,
                    [this](role::DefaultParams::Reader params, Call<role::DefaultResults>& call) -> Result<void> {
                      setDefaults(params, call);
                      return {};
                    });
    co_return Result<void>();
  }

  void stop() override { converters_.stop(); }

  Task<Result<void>> rows(role::RowsParams::Reader params, Call<role::RowsResults>& call) override {
    auto ref = params.getRef();
    if (table().has(view(ref.getGroup()), view(ref.getVersion()), view(ref.getResource())))
      co_return co_await KindsPlugin::rows(params, call);
    CustomTarget target = kinds_.find(ref);
    if (!target) co_return notServed(ref, call);
    const WallTime now = context().wallNow();
    auto rows = call.results().initRows(static_cast<uint32_t>(call.objects().size()));
    for (uint32_t i = 0; i < rows.size(); ++i) {
      const CustomObject object{call.object<OpenObject>(i).as<OpenObject>(), target.version->apiVersion,
                                target.kind->kind};
      Cells cells(now);
      cells.text(object.object.getMetadata().getName());
      for (const CustomColumn& column : target.version->columns) {
        addCell(cells, column.path ? columnCell(*column.path, column.type, object, now) : ColumnCell());
      }
      cells.write(rows[i]);
    }
    co_return Result<void>();
  }

  Task<Result<void>> convert(role::ConvertParams::Reader params, Call<role::ConvertResults>& call) override {
    auto ref = params.getRef();
    CustomTarget target = kinds_.find(ref);
    if (!target) co_return notServed(ref, call);
    const std::optional<CustomConversion>& by = target.kind->conversion;
    webhook::Conversion conversion{target.kind->group, target.kind->kind, target.version->name,
                                   str(view(params.getVersion()))};
    conversion.objects = call.objects();
    // A definition that says so no more is offered anew, and asks nobody then.
    if (!by || by->reviewVersion.empty()) co_return fail(webhook::conversionFailure(conversion, "is not known"));
    conversion.reviewVersion = by->reviewVersion;
    conversion.uid = webhook::newReviewUid(context());
    CLEAT_CO_TRY(std::string text, webhook::conversionText(conversion));
    const Duration left = call.deadline() - context().now() - std::chrono::milliseconds(300);
    auto posting = converters_.post(by->destination, std::move(text), {std::chrono::seconds(30), left});
    auto answer = co_await std::move(posting);
    if (!answer) co_return fail(webhook::conversionFailure(conversion, concat("failed: ", answer.error().message)));
    CLEAT_CO_TRY(std::vector<AnyRef> made, webhook::readConversion(*answer, conversion));
    call.results();
    for (AnyRef& object : made) call.addObject(std::move(object));
    co_return Result<void>();
  }

  Task<Result<void>> project(role::TransformParams::Reader params, Call<role::TransformResults>& call) override {
    CustomTarget target = kinds_.find(params.getRef());
    if (!isScale(params.getRef(), target)) co_return noSuchSubresource(params.getRef());
    CLEAT_CO_TRY(AnyRef scale, scaleOf(call.object<OpenObject>(0), *target.version->scale, params.getForWrite()));
    call.results();
    call.addObject(scale);
    co_return Result<void>();
  }

  Task<Result<void>> transform(role::TransformParams::Reader params, Call<role::TransformResults>& call) override {
    CustomTarget target = kinds_.find(params.getRef());
    if (!isScale(params.getRef(), target)) co_return noSuchSubresource(params.getRef());
    Object<autoscaling_v1::Scale> scale = call.object<autoscaling_v1::Scale>(1);
    const int32_t replicas = scale->getSpec().getReplicas();
    if (replicas < 0) {
      Findings findings;
      findings.invalid(Path("spec") / "replicas", replicas, kNotNegative);
      co_return fail(Status::invalid("Scale.autoscaling", scale.name(), findings.causes()));
    }
    AnyRef parent = scaled(call.object<OpenObject>(0), *target.version->scale, replicas);
    CLEAT_CO_TRY(AnyRef answer, scaleOf(Object<OpenObject>(parent), *target.version->scale, false));
    call.results();
    call.addObject(std::move(parent));
    call.addObject(std::move(answer));
    co_return Result<void>();
  }

 protected:
  // On a node the plugin only says what a definition looks like.
  void described() override {
    if (config().nodeName().empty()) feed_.start();
  }

  Result<void> validateOffered(role::ValidateParams::Reader params, AnyCall& call, Findings& findings) override {
    auto ref = params.getRef();
    CustomTarget target = kinds_.find(ref);
    if (!target) return notServed(ref, call);
    const Object<OpenObject> object = call.object<OpenObject>(0), old = call.object<OpenObject>(1);
    if (target.kind->terminating && params.getOperation() == role::Operation::CREATE) {
      return call.denied(terminatingStatus(*target.kind, object.name()));
    }
    const bool isStatus = view(ref.getSubresource()) == "status";
    checkMetadata(object->getMetadata(), Path("metadata"), findings, FinalizerNames::any);
    warnOfFinalizers(object.meta(), old, findings);
    const CustomObject now{*object, target.version->apiVersion, target.kind->kind};
    const CustomObject before{*old, target.version->apiVersion, target.kind->kind};
    if (!old) {
      validateObject(*target.version->schema, now, findings);
    } else if (isStatus) {
      validateStatusUpdate(*target.version->schema, now, before, findings);
    } else {
      validateUpdate(*target.version->schema, now, before, findings);
    }
    if (target.version->scale) checkScaleFields(*object, *target.version->scale, isStatus, findings);
    return {};
  }

 private:
  static bool isScale(wire::ResourceRef::Reader ref, const CustomTarget& target) {
    return target && target.version->scale && view(ref.getSubresource()) == "scale";
  }

  void setDefaults(role::DefaultParams::Reader params, Call<role::DefaultResults>& call) {
    auto ref = params.getRef();
    call.results();
    if (params.getOperation() == role::Operation::DELETE) {
      call.addObject(markedForDeletion(call.object<Definition>(0), context().wallNow()));
      return;
    }
    KindTable::AnyWrite write{.operation = params.getOperation(), .subresource = view(ref.getSubresource())};
    write.object = call.objects().at(0);
    if (call.objects().size() > 1) write.old = call.objects()[1];
    write.user = params.getUser();
    call.addObject(table().setDefaults(view(ref.getGroup()), view(ref.getVersion()), view(ref.getResource()), write));
  }

  SharedCustomKinds kinds_;
  webhook::WebhookCaller converters_{context()};
  DefinitionFeed feed_{context(), kinds_};
};

}  // namespace cleat::kinds::extensions

CLEAT_PLUGIN(cleat::kinds::extensions::ApiExtensionsKinds, .name = "kinds-apiextensions", .version = "0.1.0",
             .maturity = "alpha", .roles = "kinds",
             .grants =
                 "apiextensions.k8s.io customresourcedefinitions get,list,watch\n"
                 "- services get,list,watch\n"
                 "discovery.k8s.io endpointslices get,list,watch\n",
             .flags = CLEAT_FLAG_CONCURRENT_CALLS);
