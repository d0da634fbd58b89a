// What the core's folders above base share.
#pragma once

#include <capnp/any.h>
#include <capnp/message.h>
#include <capnp/schema.h>
#include <cleat/sdk/status.h>
#include <cleat/sdk/task.h>
#include <cleat/sdk/text.h>
#include <cleat_abi.h>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

#include "standard.h"
