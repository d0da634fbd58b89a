// The numbers that plain C has (sdk/abi/cleat_ids.h) are those of the schemas.
#include <cleat/schema/bus.methods.h>
#include <cleat/schema/role/admission.methods.h>
#include <cleat/schema/role/audit.methods.h>
#include <cleat/schema/role/authn.methods.h>
#include <cleat/schema/role/authz.methods.h>
#include <cleat/schema/role/fillers.methods.h>
#include <cleat/schema/role/http_handler.methods.h>
#include <cleat/schema/role/kinds.methods.h>
#include <cleat/schema/role/network.methods.h>
#include <cleat/schema/role/runtime.methods.h>
#include <cleat/schema/role/scheduler_extension.methods.h>
#include <cleat_ids.h>

namespace cleat {
namespace {

static_assert(wire::cluster::get.interfaceId == CLEAT_CLUSTER);
static_assert(wire::cluster::get.ordinal == CLEAT_CLUSTER_GET);
static_assert(wire::cluster::list.ordinal == CLEAT_CLUSTER_LIST);
static_assert(wire::cluster::watch.ordinal == CLEAT_CLUSTER_WATCH);
static_assert(wire::cluster::create.ordinal == CLEAT_CLUSTER_CREATE);
static_assert(wire::cluster::update.ordinal == CLEAT_CLUSTER_UPDATE);
static_assert(wire::cluster::patch.ordinal == CLEAT_CLUSTER_PATCH);
static_assert(wire::cluster::delete_.ordinal == CLEAT_CLUSTER_DELETE);
static_assert(wire::cluster::plugins.ordinal == CLEAT_CLUSTER_PLUGINS);
static_assert(wire::cluster::kinds.ordinal == CLEAT_CLUSTER_KINDS);
static_assert(wire::cluster::report.ordinal == CLEAT_CLUSTER_REPORT);
static_assert(wire::cluster::offer.ordinal == CLEAT_CLUSTER_OFFER);
static_assert(role::admission::interests.interfaceId == CLEAT_ADMISSION);
static_assert(role::admission::interests.ordinal == CLEAT_ADMISSION_INTERESTS);
static_assert(role::admission::mutate.ordinal == CLEAT_ADMISSION_MUTATE);
static_assert(role::admission::validate.ordinal == CLEAT_ADMISSION_VALIDATE);
static_assert(role::admission::withdraw.ordinal == CLEAT_ADMISSION_WITHDRAW);
static_assert(role::audit::write.interfaceId == CLEAT_AUDIT);
static_assert(role::audit::write.ordinal == CLEAT_AUDIT_WRITE);
static_assert(role::authenticator::authenticate.interfaceId == CLEAT_AUTHENTICATOR);
static_assert(role::authenticator::authenticate.ordinal == CLEAT_AUTHENTICATOR_AUTHENTICATE);
static_assert(role::authenticator::document.ordinal == CLEAT_AUTHENTICATOR_DOCUMENT);
static_assert(role::authorizer::authorize.interfaceId == CLEAT_AUTHORIZER);
static_assert(role::authorizer::authorize.ordinal == CLEAT_AUTHORIZER_AUTHORIZE);
static_assert(role::authorizer::rules.ordinal == CLEAT_AUTHORIZER_RULES);
static_assert(role::fillers::list.interfaceId == CLEAT_FILLERS);
static_assert(role::fillers::list.ordinal == CLEAT_FILLERS_LIST);
static_assert(role::fillers::call.ordinal == CLEAT_FILLERS_CALL);
static_assert(role::httpHandler::routes.interfaceId == CLEAT_HTTP_HANDLER);
static_assert(role::httpHandler::routes.ordinal == CLEAT_HTTP_HANDLER_ROUTES);
static_assert(role::httpHandler::handle.ordinal == CLEAT_HTTP_HANDLER_HANDLE);
static_assert(role::kinds::describe.interfaceId == CLEAT_KINDS);
static_assert(role::kinds::describe.ordinal == CLEAT_KINDS_DESCRIBE);
static_assert(role::kinds::default_.ordinal == CLEAT_KINDS_DEFAULT);
static_assert(role::kinds::validate.ordinal == CLEAT_KINDS_VALIDATE);
static_assert(role::kinds::rows.ordinal == CLEAT_KINDS_ROWS);
static_assert(role::kinds::transform.ordinal == CLEAT_KINDS_TRANSFORM);
static_assert(role::kinds::project.ordinal == CLEAT_KINDS_PROJECT);
static_assert(role::kinds::review.ordinal == CLEAT_KINDS_REVIEW);
static_assert(role::kinds::connect.ordinal == CLEAT_KINDS_CONNECT);
static_assert(role::kinds::beforeCommit.ordinal == CLEAT_KINDS_BEFORE_COMMIT);
static_assert(role::kinds::convert.ordinal == CLEAT_KINDS_CONVERT);
static_assert(role::kinds::look.ordinal == CLEAT_KINDS_LOOK);
static_assert(role::network::status.interfaceId == CLEAT_NETWORK);
static_assert(role::network::status.ordinal == CLEAT_NETWORK_STATUS);
static_assert(role::network::setup.ordinal == CLEAT_NETWORK_SETUP);
static_assert(role::network::teardown.ordinal == CLEAT_NETWORK_TEARDOWN);
static_assert(role::network::collect.ordinal == CLEAT_NETWORK_COLLECT);
static_assert(role::runtime::status.interfaceId == CLEAT_RUNTIME);
static_assert(role::runtime::status.ordinal == CLEAT_RUNTIME_STATUS);
static_assert(role::runtime::runSandbox.ordinal == CLEAT_RUNTIME_RUN_SANDBOX);
static_assert(role::runtime::stopSandbox.ordinal == CLEAT_RUNTIME_STOP_SANDBOX);
static_assert(role::runtime::removeSandbox.ordinal == CLEAT_RUNTIME_REMOVE_SANDBOX);
static_assert(role::runtime::listSandboxes.ordinal == CLEAT_RUNTIME_LIST_SANDBOXES);
static_assert(role::runtime::createContainer.ordinal == CLEAT_RUNTIME_CREATE_CONTAINER);
static_assert(role::runtime::startContainer.ordinal == CLEAT_RUNTIME_START_CONTAINER);
static_assert(role::runtime::stopContainer.ordinal == CLEAT_RUNTIME_STOP_CONTAINER);
static_assert(role::runtime::removeContainer.ordinal == CLEAT_RUNTIME_REMOVE_CONTAINER);
static_assert(role::runtime::listContainers.ordinal == CLEAT_RUNTIME_LIST_CONTAINERS);
static_assert(role::runtime::updateContainer.ordinal == CLEAT_RUNTIME_UPDATE_CONTAINER);
static_assert(role::runtime::reopenLog.ordinal == CLEAT_RUNTIME_REOPEN_LOG);
static_assert(role::runtime::nextEvents.ordinal == CLEAT_RUNTIME_NEXT_EVENTS);
static_assert(role::runtime::execSync.ordinal == CLEAT_RUNTIME_EXEC_SYNC);
static_assert(role::runtime::exec.ordinal == CLEAT_RUNTIME_EXEC);
static_assert(role::runtime::attach.ordinal == CLEAT_RUNTIME_ATTACH);
static_assert(role::runtime::portForward.ordinal == CLEAT_RUNTIME_PORT_FORWARD);
static_assert(role::runtime::pullImage.ordinal == CLEAT_RUNTIME_PULL_IMAGE);
static_assert(role::runtime::importImage.ordinal == CLEAT_RUNTIME_IMPORT_IMAGE);
static_assert(role::runtime::imageStatus.ordinal == CLEAT_RUNTIME_IMAGE_STATUS);
static_assert(role::runtime::listImages.ordinal == CLEAT_RUNTIME_LIST_IMAGES);
static_assert(role::runtime::removeImage.ordinal == CLEAT_RUNTIME_REMOVE_IMAGE);
static_assert(role::runtime::stats.ordinal == CLEAT_RUNTIME_STATS);
static_assert(role::runtime::updateSandbox.ordinal == CLEAT_RUNTIME_UPDATE_SANDBOX);
static_assert(role::runtime::imageFilesystem.ordinal == CLEAT_RUNTIME_IMAGE_FILESYSTEM);
static_assert(role::schedulerExtension::describe.interfaceId == CLEAT_SCHEDULER_EXTENSION);
static_assert(role::schedulerExtension::describe.ordinal == CLEAT_SCHEDULER_EXTENSION_DESCRIBE);
static_assert(role::schedulerExtension::judge.ordinal == CLEAT_SCHEDULER_EXTENSION_JUDGE);
static_assert(role::schedulerExtension::reserve.ordinal == CLEAT_SCHEDULER_EXTENSION_RESERVE);
static_assert(role::schedulerExtension::unreserve.ordinal == CLEAT_SCHEDULER_EXTENSION_UNRESERVE);
static_assert(role::schedulerExtension::permit.ordinal == CLEAT_SCHEDULER_EXTENSION_PERMIT);
static_assert(role::schedulerExtension::preBind.ordinal == CLEAT_SCHEDULER_EXTENSION_PRE_BIND);
static_assert(role::schedulerExtension::postBind.ordinal == CLEAT_SCHEDULER_EXTENSION_POST_BIND);

}  // namespace
}  // namespace cleat
