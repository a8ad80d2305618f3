// A file of CA certificates that an option names.
#pragma once

#include <string>

#include "irsa/base/file_reader.h"
#include "irsa/base/result.h"

namespace irsa::serve {

// Its PEM text. A file without any certificate, an empty one say, is refused: whoever names a file of CAs means to
// trust somebody by it, or nobody else. Whether each certificate can be used is for TLS to say. Errors name the file.
base::Result<std::string> ReadCaFile(const base::FileReader& files, const std::string& path);

}  // namespace irsa::serve
