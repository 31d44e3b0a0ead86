# The core, the lists and the preload library with failing calls (soak/torture/faults.h), always sanitized.

WRAPPED := malloc calloc realloc free dlsym osh_read
TORTURE_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

build/torture: $(filter-out soak/torture/napi.c,$(wildcard soak/torture/*.c)) $(CORE) $(PRELOAD) \
		$(HEADERS) $(wildcard soak/torture/*.h) | build
	$(CC) $(CFLAGS) $(TORTURE_FLAGS) -I../src $(filter %.c,$^) \
		$(WRAPPED:%=-Wl,--wrap=%) $$(pkg-config --cflags --libs libmnl) -o $@

# The addon with failing N-API calls. A sanitizer's finding is a trap, because Node has no library for it.
NAPI_WRAPPED := malloc calloc realloc free socket eventfd pthread_create $(addprefix napi_,\
	add_env_cleanup_hook call_function call_threadsafe_function create_array create_arraybuffer create_external \
	create_function create_int64 create_object create_reference create_string_latin1 create_string_utf8 \
	create_threadsafe_function create_typedarray define_properties delete_reference get_arraybuffer_info get_cb_info \
	get_boolean get_instance_data get_last_error_info get_null get_reference_value get_undefined get_value_bool \
	get_value_external get_value_int32 get_value_uint32 is_arraybuffer is_exception_pending release_threadsafe_function \
	remove_env_cleanup_hook set_element set_instance_data throw_error typeof unref_threadsafe_function)
NAPI_FLAGS := $(CFLAGS) -fsanitize=undefined -fsanitize-undefined-trap-on-error -fPIC -pthread \
	-DNAPI_VERSION=8 -I../src -I$$(node -p 'require("node-api-headers").include_dir')

build/addon.o: ../src/addon/addon.c $(HEADERS) | build
	$(CC) $(NAPI_FLAGS) -Dnapi_register_module_v1=addon_init \
		-Dnode_api_module_get_api_version_v1=addon_version -c $< -o $@

build/torture.node: soak/torture/napi.c build/addon.o ../src/addon/napi.c ../src/addon/watch.c $(WATCH) $(CORE) \
		$(LAYOUT) $(TEXT) $(HEADERS) | build
	$(CC) $(NAPI_FLAGS) -shared $(filter %.c %.o,$^) $(NAPI_WRAPPED:%=-Wl,--wrap=%) \
		$$(pkg-config --cflags --libs libmnl) -o $@
