// What a plugin is built from.
#pragma once

#include <capnp/dynamic.h>
#include <capnp/schema.h>
#include <cleat/sdk/admission.h>
#include <cleat/sdk/client.h>
#include <cleat/sdk/controller.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/kinds/core_v1_storage.h>
#include <cleat/sdk/kinds/resource_v1.h>
#include <cleat/sdk/kinds/storage_v1.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/plugin.h>
#include <cleat/sdk/roles.h>
#include <cleat/sdk/selector.h>
#include <cleat/sdk/text.h>
#include <cleat/sdk/when_all.h>

#include "standard.h"
