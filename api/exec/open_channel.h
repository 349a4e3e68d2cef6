#pragma once
#include <memory>
#include <string_view>

#include "api/context.h"

namespace drydock::api::exec {

// Where ExecuteCommand's streamUrl leads: "/v1/data-channel/<session>".
bool is_data_channel(std::string_view path);
http::Response open_channel(const std::shared_ptr<ApiContext>& context,
                            const http::Request& request);

}  // namespace drydock::api::exec
