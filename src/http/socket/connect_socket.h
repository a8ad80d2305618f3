// From a host's name to a connected socket.
#pragma once

#include "irsa/base/descriptor.h"
#include "irsa/base/result.h"
#include "irsa/base/url.h"

#include "wait.h"

namespace irsa::http {

// A non-blocking socket connected to the URL's host and port: its addresses are tried in the resolver's order, each for
// its share of the time left. kUnavailable with the reason of the last one.
base::Result<base::Descriptor> ConnectSocket(const base::Url& url, Wait& wait);

}  // namespace irsa::http
