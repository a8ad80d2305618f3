// The calls of IAM's Query API, version 2010-05-08, that set a cluster's identities up: OIDC providers, roles, and the
// policies of roles, which are recorded and not evaluated.
// https://docs.aws.amazon.com/IAM/latest/APIReference/
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "irsa/base/clock.h"
#include "irsa/base/files.h"
#include "irsa/base/log.h"
#include "irsa/base/result.h"
#include "irsa/http/message/message.h"
#include "irsa/sts/iam_api/entities.h"
#include "irsa/sts/sts_config.h"

namespace irsa::sts {

// Whether the request is for IAM rather than STS: both may be at one address, and each has a version of its own.
bool IsIamRequest(const http::Request& request);

// May be used from any thread.
class IamApi {
 public:
  // Called with the configuration and all that is registered, at the start and after every change; under a lock.
  using OnChange = std::function<void(StsConfig effective)>;

  // The references outlive the object.
  IamApi(const base::Clock& clock, base::Log& log, OnChange on_change);

  // Puts a configuration to work. When its state is in another file than before, what is registered is read from there:
  // kNotFound counts as nothing registered; any other error leaves everything as it was.
  Status SetConfig(StsConfig config, const base::FileReader& files);

  // Always an answer in XML. A change has been written to the state's file before it is answered; ServiceFailure where
  // that is impossible, and nothing has changed then.
  http::Response Handle(const http::Request& request);

 private:
  const base::Clock& clock_;
  base::Log& log_;
  const OnChange on_change_;
  std::mutex mutex_;
  StsConfig config_;  // guarded by mutex_, as are those below
  Entities entities_;
  bool is_loaded_ = false;
};

}  // namespace irsa::sts
