// What `irsa serve --identity-record` does beyond serving pods: the record of who gets which identity.
#pragma once

#include "irsa/admission/account_handler.h"
#include "irsa/base/clock.h"
#include "irsa/base/waiter.h"
#include "irsa/kube/api_server.h"
#include "irsa/kube/identity_recorder.h"
#include "irsa/mutation/settings.h"

namespace irsa::cli {

// Members may be called from any thread.
class IdentityRecordService {
 public:
  // All but the settings outlive this object.
  IdentityRecordService(kube::ApiServer& api, const base::Clock& clock, base::Waiter& waiter,
                        const mutation::Settings& settings);

  // Of /validate.
  const admission::AccountHandler& handler() const { return handler_; }

 private:
  kube::IdentityRecorder recorder_;
  admission::AccountHandler handler_;
};

}  // namespace irsa::cli
