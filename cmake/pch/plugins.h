// What a plugin is built from.
#pragma once

#include <cleat/sdk/client.h>
#include <cleat/sdk/controller.h>
#include <cleat/sdk/events.h>
#include <cleat/sdk/file.h>
#include <cleat/sdk/informer.h>
#include <cleat/sdk/kinds/core_v1.h>
#include <cleat/sdk/lists.h>
#include <cleat/sdk/meta.h>
#include <cleat/sdk/plugin.h>
#include <cleat/sdk/selector.h>
#include <cleat/sdk/text.h>
#include <cleat/sdk/when_all.h>

#include "standard.h"
