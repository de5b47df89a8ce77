declare module 'dmn-js/lib/Modeler';
declare module 'dmn-js/lib/NavigatedViewer';
