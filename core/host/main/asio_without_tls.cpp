// The bodies of Asio for the program of isolated plugins, which opens no TLS.
#include <boost/asio/impl/src.hpp>
