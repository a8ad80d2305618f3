#include "irsa/cli/identity_record_service.h"

namespace irsa::cli {

IdentityRecordService::IdentityRecordService(kube::ApiServer& api, const base::Clock& clock, base::Waiter& waiter,
                                             const mutation::Settings& settings)
    : recorder_(api, clock, waiter, settings), handler_(settings, recorder_) {}

}  // namespace irsa::cli
